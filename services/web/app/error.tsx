"use client";

import { LogoMark } from "@/components/logo";
import { Button } from "@/components/ui/button";
import { useText } from "@/lib/text";

export default function Broken({ reset }: { error: Error; reset: () => void }) {
  const { broken, actions } = useText().common;
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-3 px-6 text-center">
      <LogoMark className="size-10" />
      <h1 className="mt-2 font-semibold text-xl">{broken.title}</h1>
      <p className="text-muted">{broken.body}</p>
      <Button className="mt-3" onClick={reset}>
        {actions.retry}
      </Button>
    </main>
  );
}
