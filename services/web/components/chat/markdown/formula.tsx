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
  throwOnError: false,
  errorColor: "currentColor",
  strict: "ignore",
  maxExpand: 200,
} as const;

/** KaTeX with its style sheet and fonts, from our own bundle; loaded with the first formula. */
export default function Formula({ tex, display }: FormulaProps) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (place.current) katex.render(tex, place.current, { ...OPTIONS, displayMode: display });
  }, [tex, display]);
  return <span ref={place} />;
}
