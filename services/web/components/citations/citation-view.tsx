"use client";

import { ArrowUpRight, ChevronLeft, ChevronRight, FileText, X } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { IconButton } from "@/components/ui/icon-button";
import { beside, type CitedPassage, isSame } from "@/lib/citations/passage";
import { knowledgeHref } from "@/lib/history/addresses";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import { PassageText } from "./passage-text";
import { useCitations } from "./provider";
import { usePassage } from "./use-passage";

interface ViewProps {
  passage: CitedPassage;
  all: readonly CitedPassage[];
}

export function CitationView({ passage, all }: ViewProps) {
  const words = useText().citations;
  const reading = usePassage(passage);
  const number = new Intl.NumberFormat(LANG[useLanguage()]);
  return (
    <>
      <Header passage={passage} all={all} />
      <div className="shrink-0 border-line border-b px-5 pb-4">
        <h2 className="flex items-start gap-2.5 font-semibold text-[15px] leading-snug">
          <FileText aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
          <span className="min-w-0 break-words">{passage.title}</span>
        </h2>
        <p className="mt-1.5 text-muted text-xs tabular-nums">
          {words.passage(passage.number)}
          {" · "}
          {words.characters(number.format(passage.start), number.format(passage.end))}
        </p>
        {reading.state === "gone" ? null : (
          <Link
            href={knowledgeHref(passage.document)}
            prefetch={false}
            className="mt-3 inline-flex min-h-6 items-center gap-1 rounded-sm font-medium text-accent text-sm underline-offset-4 hover:underline pointer-coarse:min-h-11"
          >
            {words.openDocument}
            <ArrowUpRight aria-hidden className="size-4" />
          </Link>
        )}
      </div>
      <PassageText passage={passage} reading={reading} />
    </>
  );
}

function Header({ passage, all }: ViewProps) {
  const words = useText().citations;
  const { close } = useCitations();
  const previous = beside(all, passage, -1);
  const next = beside(all, passage, 1);
  const place = all.findIndex((each) => isSame(each, passage)) + 1;
  return (
    <div className="flex h-14 shrink-0 items-center gap-1 pr-2 pl-5">
      <span
        aria-hidden
        className="mr-1.5 inline-flex h-5 min-w-5 items-center justify-center rounded-md bg-accent-soft px-1.5 font-semibold text-accent text-xs tabular-nums"
      >
        {passage.citation}
      </span>
      <p aria-live="polite" className="min-w-0 flex-1 truncate text-muted text-sm tabular-nums">
        <span className="sr-only">{words.source(passage.citation)} · </span>
        {all.length > 1 && place > 0 ? words.place(place, all.length) : words.pane}
      </p>
      {all.length > 1 ? (
        <>
          <Step label={words.previous} to={previous} all={all}>
            <ChevronLeft aria-hidden />
          </Step>
          <Step label={words.next} to={next} all={all}>
            <ChevronRight aria-hidden />
          </Step>
        </>
      ) : null}
      <IconButton label={words.close} keys="Esc" onClick={close}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}

interface StepProps {
  label: string;
  to: CitedPassage | undefined;
  all: readonly CitedPassage[];
  children: ReactNode;
}

/** At the end it stays a button, so that whoever came here by it keeps the focus. */
function Step({ label, to, all, children }: StepProps) {
  const { open } = useCitations();
  return (
    <IconButton
      label={label}
      aria-disabled={to === undefined}
      onClick={() => to && open(to, all)}
      className="aria-disabled:opacity-40 aria-disabled:hover:bg-transparent"
    >
      {children}
    </IconButton>
  );
}
