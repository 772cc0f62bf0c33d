"use client";

import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { ScrollArea } from "@/components/ui/scroll-area";
import { wordsFor } from "@/lib/api/errors";
import type { CitedPassage } from "@/lib/citations/passage";
import { useText } from "@/lib/text";
import type { Reading } from "./use-passage";

interface PassageTextProps {
  passage: CitedPassage;
  reading: Reading;
}

/** The text as the document has it, the passage marked; the stored text until it is there, and where it is not. */
export function PassageText({ passage, reading }: PassageTextProps) {
  const text = useText();
  const words = text.citations;
  const mark = useRef<HTMLElement>(null);
  const found = reading.state === "read" ? reading.found : null;
  const before = found?.before ?? "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: another passage is scrolled to anew
  useEffect(() => {
    mark.current?.scrollIntoView({ block: before ? "center" : "start" });
  }, [passage, before]);
  return (
    <ScrollArea
      tabIndex={0}
      role="region"
      aria-label={words.cited}
      aria-busy={reading.state === "reading"}
      className="flex-1 px-5 py-4 focus-visible:-outline-offset-2"
    >
      {reading.state === "gone" ? <Notice>{words.gone}</Notice> : null}
      {reading.state === "failed" ? (
        <Notice>
          {words.unread} {wordsFor(reading.error, text)}
          <Button variant="secondary" size="sm" className="mt-2.5 block" onClick={reading.again}>
            {text.common.actions.retry}
          </Button>
        </Notice>
      ) : null}
      <p className="whitespace-pre-wrap break-words text-[15px] text-muted leading-[1.65]">
        {before}
        <mark
          ref={mark}
          className="box-decoration-clone rounded-sm bg-accent-soft py-0.5 text-text shadow-[0_0_0_3px_var(--color-accent-soft)]"
        >
          {found?.text ?? passage.text}
        </mark>
        {found?.after}
      </p>
      <p role="status" className="sr-only">
        {reading.state === "reading" ? words.loading : ""}
      </p>
    </ScrollArea>
  );
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <div className="mb-4 rounded-md border border-line bg-raised px-3.5 py-3 text-sm">
      {children}
    </div>
  );
}
