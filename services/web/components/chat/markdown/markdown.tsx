"use client";

import type { Token } from "marked";
import { memo, useMemo } from "react";
import { block } from "./blocks";
import { parse } from "./grammar";
import { normaliseMaths } from "./maths";
import { useHealed } from "./use-healed";
import "./markdown.css";

interface MarkdownProps {
  text: string;
  /** It is still being written. */
  growing: boolean;
}

export const Markdown = memo(function Markdown({ text, growing }: MarkdownProps) {
  const healed = useHealed(text, growing);
  const tokens = useMemo(() => parse(normaliseMaths(healed)), [healed]);
  const shown = tokens.filter(({ type }) => type !== "space" && type !== "def");
  const links = Object.keys(tokens.links).length;
  return (
    <div className="markdown" dir="auto">
      {shown.map((token, place) => (
        <Block
          // biome-ignore lint/suspicious/noArrayIndexKey: a text grows at its end
          key={place}
          token={token}
          links={links}
          growing={growing && place === shown.length - 1}
        />
      ))}
    </div>
  );
});

export default Markdown;

interface BlockProps {
  token: Token;
  /** How many addresses its references may lead to. */
  links: number;
  growing: boolean;
}

/** Made anew only where the text changed: of a growing one, that is its last block. */
const Block = memo(
  function Block({ token, growing }: BlockProps) {
    return <div>{block(token, 0, growing)}</div>;
  },
  (before, after) =>
    before.token.raw === after.token.raw &&
    before.growing === after.growing &&
    before.links === after.links,
);
