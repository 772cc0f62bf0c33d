"use client";

import { useEffect, useState } from "react";
import type { highlighter } from "./highlighter";

type Highlighted = NonNullable<ReturnType<typeof highlighter.highlight>>;
export type TokenLine = Highlighted["tokens"][number];

/** The tokens of what was highlighted last, by lines; null before. The highlighter is loaded with the first code. */
export function useHighlight(code: string, language: string, growing: boolean): TokenLine[] | null {
  const [lines, setLines] = useState<TokenLine[] | null>(null);
  useEffect(() => {
    if (!language) return;
    let wanted = true;
    void import("./highlighter").then(({ highlighter, THEMES }) => {
      if (!wanted || !highlighter.supportsLanguage(language as never)) return;
      const show = (result: Highlighted) => wanted && setLines(result.tokens);
      const options = { code, language: language as never, themes: THEMES, isIncomplete: growing };
      const known = highlighter.highlight(options, show);
      if (known) show(known);
    });
    return () => {
      wanted = false;
    };
  }, [code, language, growing]);
  return lines;
}
