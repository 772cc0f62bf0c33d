"use client";

import { Info } from "lucide-react";
import { useText } from "@/lib/text";

/** Something that the reader should know about an answer that comes all the same. */
export function Notice({ code, message }: { code: string; message: string }) {
  const { notices } = useText().chat;
  return (
    <p className="my-2 flex items-start gap-2 rounded-lg bg-warning-soft px-3 py-2 text-sm text-warning">
      <Info aria-hidden className="mt-0.5 size-4 shrink-0" />
      {notices[code] ?? message}
    </p>
  );
}
