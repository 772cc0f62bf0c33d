"use client";

import { useEffect, useRef, useSyncExternalStore } from "react";
import { Sheet, SheetContent } from "@/components/ui/sheet";
import type { CitedPassage } from "@/lib/citations/passage";
import { useText } from "@/lib/text";
import { CitationView } from "./citation-view";
import { useCitations } from "./provider";

interface PaneProps {
  passage: CitedPassage;
  all: readonly CitedPassage[];
}

const WIDE = "(width >= 64rem)";

/** Beside the chat where there is room, over it otherwise. */
export default function CitationPane(props: PaneProps) {
  const wide = useSyncExternalStore(onWidth, isWide, isWide);
  return wide ? <Beside {...props} /> : <Over {...props} />;
}

function Beside(props: PaneProps) {
  const { close } = useCitations();
  const { pane } = useText().citations;
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.focus(), []);
  return (
    <section
      ref={section}
      data-citation-pane
      tabIndex={-1}
      aria-label={pane}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        close();
      }}
      className="flex w-96 shrink-0 animate-fade flex-col border-line border-l bg-surface outline-none xl:w-[27rem]"
    >
      <CitationView {...props} />
    </section>
  );
}

function Over(props: PaneProps) {
  const { close } = useCitations();
  const { pane } = useText().citations;
  return (
    <Sheet open onOpenChange={(open) => open || close()}>
      <SheetContent title={pane} side="right" className="w-[min(30rem,100vw)] max-sm:rounded-none">
        <div data-citation-pane className="flex min-h-0 flex-1 flex-col">
          <CitationView {...props} />
        </div>
      </SheetContent>
    </Sheet>
  );
}

function onWidth(changed: () => void): () => void {
  const query = window.matchMedia(WIDE);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

function isWide(): boolean {
  return window.matchMedia(WIDE).matches;
}
