"use client";

import { ChevronRight } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import { useText } from "@/lib/text";

interface ReasoningProps {
  text: string;
  growing: boolean;
}

/** What the model thought before it answered, closed until somebody wants it. */
export const Reasoning = memo(function Reasoning({ text, growing }: ReasoningProps) {
  const { reasoning: words } = useText().chat;
  const seconds = useSeconds(growing);
  if (!text.trim()) return null;
  const label = growing
    ? words.thinking
    : seconds === null
      ? words.thought
      : words.thoughtFor(seconds);
  return (
    <details className="group/reasoning my-2 text-[14px]">
      <summary className="inline-flex min-h-7 list-none items-center gap-1.5 rounded-md pr-2 text-muted hover:text-text pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          className="size-4 transition-transform group-open/reasoning:rotate-90"
        />
        <span className={growing ? "animate-pulse" : undefined}>{label}</span>
      </summary>
      <div className="wrap-anywhere mt-1 ml-2 whitespace-pre-wrap border-line border-l-2 pl-4 text-muted leading-relaxed">
        {text.trim()}
      </div>
    </details>
  );
});

/** How long it grew while this page saw it; null: it was there before. */
function useSeconds(growing: boolean): number | null {
  const began = useRef<number | null>(null);
  const [seconds, setSeconds] = useState<number | null>(null);
  useEffect(() => {
    if (growing) began.current ??= performance.now();
    else if (began.current !== null) {
      setSeconds(Math.max(1, Math.round((performance.now() - began.current) / 1000)));
    }
  }, [growing]);
  return seconds;
}
