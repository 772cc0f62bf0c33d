"use client";

import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { ScrollArea } from "@/components/ui/scroll-area";
import { wordsFor } from "@/lib/api/errors";
import { linesOf } from "@/lib/citations/lines";
import type { CitedPassage } from "@/lib/citations/passage";
import { useText } from "@/lib/text";
import type { Reading } from "./use-passage";

/** So much of what stands before a passage is seen above it. */
const LED_IN_PX = 96;
const STYLES = { heading: "font-semibold text-text", code: "font-mono text-[13px]" };

interface PassageTextProps {
  passage: CitedPassage;
  reading: Reading;
}

/** The text as the document has it, the passage marked; the stored text until it is there, and where it is not. */
export function PassageText({ passage, reading }: PassageTextProps) {
  const text = useText();
  const words = text.citations;
  const scroller = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLElement>(null);
  const found = reading.state === "read" ? reading.found : null;
  const before = found?.before ?? "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: another passage is scrolled to anew
  useEffect(() => {
    const area = scroller.current;
    if (area && mark.current) area.scrollTop = mark.current.offsetTop - (before ? LED_IN_PX : 16);
  }, [passage, before]);
  return (
    <ScrollArea
      ref={scroller}
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
      <div className="text-[15px] text-muted leading-[1.65]">
        {before ? <Written text={before} /> : null}
        <mark
          ref={mark}
          className="my-2 block rounded-r-md border-accent border-l-3 bg-accent-soft py-2.5 pr-3.5 pl-4 text-text"
        >
          <Written text={found?.text ?? passage.text} />
        </mark>
        {found?.after ? <Written text={found.after} /> : null}
      </div>
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

/** Line for line as it stands in the document, but for headings and code, which look like some. */
function Written({ text }: { text: string }) {
  const lines = linesOf(text);
  return (
    <span className="block whitespace-pre-wrap break-words">
      {lines.map(({ kind, written }, place) => {
        const end = place < lines.length - 1 ? "\n" : "";
        if (kind === "plain") return written + end;
        const Element = kind === "code" ? "code" : "strong";
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <Element key={place} className={STYLES[kind]}>
            {written + end}
          </Element>
        );
      })}
    </span>
  );
}
