// `[1]` in an answer's text, found in the tree of its Markdown, so that code and links keep theirs.

import type { Element, ElementContent, Root, RootContent } from "hast";

const CITED = /\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]/g;
const VERBATIM = new Set(["code", "pre", "a", "math", "cite"]);
const MATHS = /(^|\s)(katex|language-math)/;

/** Texts and the numbers between them. */
export function splitCitations(text: string): (string | number)[] {
  const pieces: (string | number)[] = [];
  let at = 0;
  for (const found of text.matchAll(CITED)) {
    if (found.index > at) pieces.push(text.slice(at, found.index));
    for (const number of (found[1] ?? "").split(/[,，、]/)) pieces.push(Number(number));
    at = found.index + found[0].length;
  }
  if (at < text.length) pieces.push(text.slice(at));
  return pieces;
}

/** Makes each a `<cite data-citation>`, which no Markdown makes. */
export function rehypeCitations() {
  return (tree: Root): void => {
    tree.children = tree.children.flatMap<RootContent>((child) =>
      child.type === "doctype" ? [child] : replaced(child),
    );
  };
}

function replaced(node: ElementContent): ElementContent[] {
  if (node.type === "text") {
    if (!node.value.includes("[")) return [node];
    return splitCitations(node.value).map((piece) =>
      typeof piece === "string" ? { type: "text", value: piece } : cite(piece),
    );
  }
  if (node.type === "element" && !isVerbatim(node)) {
    node.children = node.children.flatMap(replaced);
  }
  return [node];
}

function isVerbatim(element: Element): boolean {
  const classes = element.properties.className;
  return (
    VERBATIM.has(element.tagName) ||
    (Array.isArray(classes) && classes.some((name) => MATHS.test(String(name))))
  );
}

function cite(number: number): Element {
  return {
    type: "element",
    tagName: "cite",
    properties: { dataCitation: String(number) },
    children: [{ type: "text", value: `[${number}]` }],
  };
}
