"use client";

import { monthName } from "@/lib/history/by-day";
import type { Heading } from "@/lib/history/lines";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";

export function ListHeading({ heading, nowMs }: { heading: Heading; nowMs: number }) {
  const words = useText().history;
  const language = useLanguage();
  const name = () => {
    if (heading.kind === "pinned") return words.pinned;
    if (heading.kind === "month") return monthName(heading, nowMs, LANG[language]);
    return words.periods[heading.kind];
  };
  return <h3 className="px-4.5 pt-4 pb-1.5 font-medium text-faint text-xs">{name()}</h3>;
}
