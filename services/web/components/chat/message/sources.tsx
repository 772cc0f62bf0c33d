"use client";

import { FileText } from "lucide-react";
import { memo } from "react";
import { useCitations } from "@/components/citations/provider";
import type { CitedPassage } from "@/lib/citations/passage";
import { useText } from "@/lib/text";

/** The passages that an answer was given, below it. */
export const Sources = memo(function Sources({ passages }: { passages: CitedPassage[] }) {
  const { sources } = useText().chat;
  const { open, shown } = useCitations();
  if (passages.length === 0) return null;
  return (
    <ul aria-label={sources.title} className="mt-3 flex flex-wrap gap-1.5">
      {passages.map((passage) => (
        <li key={passage.citation} className="max-w-full">
          <button
            type="button"
            aria-pressed={shown === passage}
            onClick={() => open(passage, passages)}
            className="flex h-8 max-w-60 items-center gap-1.5 rounded-full border border-line bg-raised pr-3 pl-1.5 text-[13px] text-muted transition-colors hover:border-line-strong hover:text-text aria-pressed:border-accent aria-pressed:text-text pointer-coarse:h-11"
          >
            <span className="sr-only">{sources.open(passage.citation, passage.title)}</span>
            <span
              aria-hidden
              className="flex size-5 shrink-0 items-center justify-center rounded-full bg-accent-soft font-semibold text-[11px] text-accent"
            >
              {passage.citation}
            </span>
            <FileText aria-hidden className="size-3.5 shrink-0" />
            <span aria-hidden className="truncate">
              {passage.title}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
});
