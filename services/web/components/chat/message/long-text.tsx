"use client";

import { useLayoutEffect, useRef, useState } from "react";
import { cn } from "@/lib/classes";
import { useText } from "@/lib/text";

const MAX_PX = 320;
/** It is not folded for less than this. */
const WORTH_PX = 96;

/** What somebody wrote, in a bubble; a very long text is folded, so that the answer to it is not far away. */
export function LongText({ text }: { text: string }) {
  const words = useText().chat.message;
  const content = useRef<HTMLDivElement>(null);
  const [long, setLong] = useState(text.length > 4_000);
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured when there is another text
  useLayoutEffect(() => {
    setLong((content.current?.scrollHeight ?? 0) > MAX_PX + WORTH_PX);
  }, [text]);
  const folded = long && !open;
  return (
    <div className="max-w-[min(100%,36rem)] rounded-2xl bg-bubble px-4 py-2.5">
      <div
        ref={content}
        className={cn(
          "wrap-anywhere whitespace-pre-wrap text-[15.5px] leading-[1.6]",
          folded && "mask-b-from-60% max-h-80 overflow-hidden",
        )}
      >
        {text}
      </div>
      {long ? (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="mt-1 min-h-6 rounded-sm font-medium text-[13px] text-muted hover:text-text pointer-coarse:min-h-11"
        >
          {open ? words.less : words.more}
        </button>
      ) : null}
    </div>
  );
}
