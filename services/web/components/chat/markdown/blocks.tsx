// What stands on lines of its own, as elements.

import type { Token, Tokens } from "marked";
import { Fragment, type ReactNode } from "react";
import { CodeBlock } from "./code-block";
import { Maths, TableFrame } from "./elements";
import type { FormulaToken } from "./grammar";
import { Inline } from "./inline";

const DEEPEST = 30;

interface BlocksProps {
  tokens: readonly Token[];
  /** In how many lists and quotations it stands. */
  depth: number;
  /** The end of the last one has not come yet. */
  growing: boolean;
}

export function Blocks({ tokens, depth, growing }: BlocksProps): ReactNode {
  if (depth > DEEPEST) return tokens.map(({ raw }) => raw).join("");
  return tokens.map((token, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text grows at its end
    <Fragment key={place}>{block(token, depth, growing && place === tokens.length - 1)}</Fragment>
  ));
}

export function block(token: Token, depth: number, growing: boolean): ReactNode {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading": {
      const Heading = `h${(token as Tokens.Heading).depth}` as "h1";
      return (
        <Heading dir="auto">
          <Inline tokens={(token as Tokens.Heading).tokens} />
        </Heading>
      );
    }
    case "paragraph":
      return (
        <p dir="auto">
          <Inline tokens={(token as Tokens.Paragraph).tokens} />
        </p>
      );
    case "code":
      return codeOf(token as Tokens.Code, growing);
    case "list":
      return <List list={token as Tokens.List} depth={depth} growing={growing} />;
    case "blockquote":
      return (
        <blockquote dir="auto">
          <Blocks
            tokens={(token as Tokens.Blockquote).tokens}
            depth={depth + 1}
            growing={growing}
          />
        </blockquote>
      );
    case "table":
      return <Table table={token as Tokens.Table} />;
    case "hr":
      return <hr />;
    case "formula":
      return <Maths tex={(token as unknown as FormulaToken).tex} display />;
    case "html":
      return <p className="whitespace-pre-wrap">{token.raw.trimEnd()}</p>;
    default:
      return <Inline tokens={[token]} />; // the words of a list's entry
  }
}

function codeOf({ raw, text, lang }: Tokens.Code, growing: boolean): ReactNode {
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(raw)?.[1];
  const isClosed = !fence || raw.trimEnd().split("\n").slice(1).at(-1)?.trim().startsWith(fence);
  const language = /^\S+/.exec(lang ?? "")?.[0] ?? "";
  return <CodeBlock code={text} language={language} growing={growing && !isClosed} />;
}

interface ListProps {
  list: Tokens.List;
  depth: number;
  growing: boolean;
}

function List({ list, depth, growing }: ListProps) {
  const entries = list.items.map((item, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a list grows at its end
    <li key={place} className={item.task ? "task-list-item" : undefined}>
      <Blocks
        tokens={item.tokens}
        depth={depth + 1}
        growing={growing && place === list.items.length - 1}
      />
    </li>
  ));
  if (!list.ordered) return <ul dir="auto">{entries}</ul>;
  return (
    <ol dir="auto" start={list.start === 1 ? undefined : Number(list.start)}>
      {entries}
    </ol>
  );
}

function Table({ table }: { table: Tokens.Table }) {
  return (
    <TableFrame>
      <thead>
        <tr>{table.header.map((cell, place) => cellOf(cell, place, "th"))}</tr>
      </thead>
      <tbody>
        {table.rows.map((row, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a table grows at its end
          <tr key={place}>{row.map((cell, column) => cellOf(cell, column, "td"))}</tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

function cellOf(cell: Tokens.TableCell, place: number, Cell: "th" | "td") {
  return (
    <Cell key={place} dir="auto" align={cell.align ?? undefined}>
      <Inline tokens={cell.tokens} />
    </Cell>
  );
}
