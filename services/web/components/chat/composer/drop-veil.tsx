"use client";

import { Paperclip } from "lucide-react";
import { useText } from "@/lib/text";

export function DropVeil({ shown }: { shown: boolean }) {
  const { composer: words } = useText().chat;
  if (!shown) return null;
  return (
    <div className="pointer-events-none fixed inset-3 z-40 flex animate-fade items-center justify-center rounded-2xl border-2 border-accent border-dashed bg-background/90">
      <p className="flex items-center gap-2 font-medium text-accent text-lg">
        <Paperclip aria-hidden className="size-5" />
        {words.drop}
      </p>
    </div>
  );
}
