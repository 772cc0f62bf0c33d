"use client";

import { memo } from "react";
import { CopyButton } from "@/components/ui/copy-button";
import { useText } from "@/lib/text";
import { type TokenLine, useHighlight } from "./use-highlight";

interface CodeBlockProps {
  code: string;
  language: string;
  /** Its end has not come yet. */
  growing: boolean;
}

export const CodeBlock = memo(function CodeBlock({ code, language, growing }: CodeBlockProps) {
  const text = useText().chat.code;
  const trimmed = code.replace(/\n+$/, "");
  const tokens = useHighlight(trimmed, language, growing);
  const label = language || text.plain;
  return (
    <figure aria-label={text.block(label)} className="code-block">
      <figcaption>
        <span>{label}</span>
        <CopyButton text={trimmed} label={text.copy} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <pre tabIndex={0}>
        <code>
          {trimmed.split("\n").map((line, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
            <Line key={place} line={line} tokens={tokens?.[place]} />
          ))}
        </code>
      </pre>
    </figure>
  );
});

/** Plain until it is highlighted: the same characters in the same places, so nothing moves. */
const Line = memo(
  function Line({ line, tokens }: { line: string; tokens: TokenLine | undefined }) {
    const known = tokens && textOf(tokens) === line ? tokens : null;
    return (
      <>
        {known
          ? known.map((token) => (
              <span key={token.offset} style={styleOf(token)}>
                {token.content}
              </span>
            ))
          : line}
        {"\n"}
      </>
    );
  },
  (before, after) => before.line === after.line && sameTokens(before.tokens, after.tokens),
);

function sameTokens(one: TokenLine | undefined, other: TokenLine | undefined): boolean {
  if (one === other) return true;
  if (!one || !other || one.length !== other.length) return false;
  return one.every((token, place) => {
    const its = other[place];
    return its?.content === token.content && its.htmlStyle?.color === token.htmlStyle?.color;
  });
}

function textOf(tokens: TokenLine): string {
  return tokens.map(({ content }) => content).join("");
}

function styleOf({ htmlStyle }: TokenLine[number]) {
  const light = htmlStyle?.color;
  const dark = htmlStyle?.["--shiki-dark"];
  return light && dark ? { color: `light-dark(${light}, ${dark})` } : undefined;
}
