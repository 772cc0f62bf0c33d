"use client";

import { createContext, useContext } from "react";
import { useText } from "@/lib/text";
import { type CitedPassage, useOpenCitation } from "../citation-context";

/** Of the answer around it, by their numbers. */
export const PassagesContext = createContext<ReadonlyMap<number, CitedPassage>>(new Map());

export function Citation({ number }: { number: number }) {
  const passage = useContext(PassagesContext).get(number);
  const open = useOpenCitation();
  const { sources } = useText().chat;
  if (!passage) return <>[{number}]</>;
  return (
    <button
      type="button"
      className="citation"
      title={passage.title}
      aria-label={sources.open(number, passage.title)}
      onClick={() => open?.(passage)}
    >
      {number}
    </button>
  );
}
