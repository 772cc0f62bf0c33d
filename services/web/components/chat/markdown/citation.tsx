"use client";

import { createContext, useContext } from "react";
import { useCitations } from "@/components/citations/provider";
import type { CitedPassage } from "@/lib/citations/passage";
import { useText } from "@/lib/text";

/** Of the answer around it, by their numbers. */
export const PassagesContext = createContext<ReadonlyMap<number, CitedPassage>>(new Map());

export function Citation({ number }: { number: number }) {
  const passages = useContext(PassagesContext);
  const passage = passages.get(number);
  const { open, shown } = useCitations();
  const { sources } = useText().chat;
  if (!passage) return <>[{number}]</>;
  return (
    <button
      type="button"
      className="citation"
      title={passage.title}
      aria-label={sources.open(number, passage.title)}
      aria-pressed={shown === passage}
      onClick={() => open(passage, [...passages.values()])}
    >
      {number}
    </button>
  );
}
