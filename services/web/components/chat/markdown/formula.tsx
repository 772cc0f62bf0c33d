"use client";

import "katex/dist/katex.min.css";
import katex from "katex";
import { useLayoutEffect, useRef } from "react";

interface FormulaProps {
  tex: string;
  /** On lines of its own. */
  display: boolean;
}

const OPTIONS = {
  strict: "ignore",
  maxExpand: 200,
} as const;

/** KaTeX with its style sheet and fonts, from our own bundle; loaded with the first formula. */
export default function Formula({ tex, display }: FormulaProps) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (place.current) draw(tex, place.current, display);
  }, [tex, display]);
  return <span ref={place} />;
}

/** What is no formula, or not yet, is shown as it was written. */
function draw(tex: string, place: HTMLElement, displayMode: boolean): void {
  try {
    katex.render(tex, place, { ...OPTIONS, displayMode });
  } catch (error) {
    if (!(error instanceof katex.ParseError)) throw error;
    place.textContent = tex;
  }
}
