// What stands within a line, as elements. HTML in a text is shown as it was written: nothing here makes elements of it.

import type { Token, Tokens } from "marked";
import { Fragment, type ReactNode } from "react";
import { Citation } from "./citation";
import { splitCitations } from "./citations";
import { Link, Maths, Picture, TaskBox } from "./elements";
import { decoded } from "./entities";
import type { FormulaToken } from "./grammar";

/** So many marks within each other are nobody's: the rest is shown as it was written. */
const DEEPEST = 40;

interface InlineProps {
  tokens: readonly Token[] | undefined;
  depth?: number;
  /** Within a link: `[1]` there is no citation. */
  linked?: boolean;
}

export function Inline({ tokens = [], depth = 0, linked = false }: InlineProps): ReactNode {
  if (depth > DEEPEST) return tokens.map(({ raw }) => raw).join("");
  return tokens.map((token, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text grows at its end
    <Fragment key={place}>{inline(token, depth + 1, linked)}</Fragment>
  ));
}

function inline(token: Token, depth: number, linked: boolean): ReactNode {
  const inner = () => (
    <Inline tokens={(token as Tokens.Generic).tokens} depth={depth} linked={linked} />
  );
  switch (token.type) {
    case "strong":
      return <strong>{inner()}</strong>;
    case "em":
      return <em>{inner()}</em>;
    case "del":
      return <del>{inner()}</del>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br />;
    case "link":
      return (
        <Link href={decoded((token as Tokens.Link).href)}>
          <Inline tokens={(token as Tokens.Link).tokens} depth={depth} linked />
        </Link>
      );
    case "image":
      return <PictureOf token={token as Tokens.Image} />;
    case "checkbox":
      return <TaskBox checked={(token as Tokens.Checkbox).checked} />;
    case "formulaLine":
      return <Maths tex={(token as unknown as FormulaToken).tex} />;
    case "escape":
      return (token as Tokens.Escape).text;
    case "text":
      return "tokens" in token && token.tokens ? (
        inner()
      ) : (
        <Words text={token.raw} linked={linked} />
      );
    default:
      return token.raw;
  }
}

function PictureOf({ token }: { token: Tokens.Image }) {
  return <Picture src={token.href} alt={decoded(token.text)} />;
}

function Words({ text, linked }: { text: string; linked: boolean }): ReactNode {
  const shown = decoded(text);
  if (linked || !shown.includes("[")) return shown;
  return splitCitations(shown).map((piece, place) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: a text grows at its end
    typeof piece === "string" ? piece : <Citation key={place} number={piece} />,
  );
}
