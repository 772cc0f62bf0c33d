"use client";

import { cjk } from "@streamdown/cjk";
import { memo, useMemo } from "react";
import { Streamdown } from "streamdown";
import { rehypeCitations } from "./citations";
import { ELEMENTS } from "./elements";
import { mayHaveMaths, normaliseMaths } from "./maths";
import { useMaths } from "./use-maths";
import "./markdown.css";

interface MarkdownProps {
  text: string;
  /** It is still being written. */
  growing: boolean;
}

/** Nothing turns the HTML that a model writes into elements: with this, it is shown as it was written. */
const asWritten = (url: string) => url;
const REHYPE = [rehypeCitations];
const REMEND = { linkMode: "text-only" } as const;
const LINK_SAFETY = { enabled: false };

export const Markdown = memo(function Markdown({ text, growing }: MarkdownProps) {
  const normal = useMemo(() => normaliseMaths(text), [text]);
  const math = useMaths(mayHaveMaths(text) && normal.includes("$$"));
  const plugins = useMemo(() => ({ cjk, math }), [math]);
  return (
    <Streamdown
      className="markdown"
      components={ELEMENTS}
      controls={false}
      isAnimating={growing}
      linkSafety={LINK_SAFETY}
      plugins={plugins}
      rehypePlugins={REHYPE}
      remend={REMEND}
      urlTransform={asWritten}
      dir="auto"
    >
      {normal}
    </Streamdown>
  );
});

export default Markdown;
