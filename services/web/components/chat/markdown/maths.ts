// Formulas as models write them (`\(x\)`, `\[x\]`, `$x$`, `$$x$$`), made into the one form that our parser takes.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const INLINE_CODE = /(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g;

/** Whether there may be a formula. */
export function mayHaveMaths(text: string): boolean {
  return text.includes("$") || text.includes("\\(") || text.includes("\\[");
}

/** `$$x$$` for a formula in a line, `$$` on lines of their own around one that stands alone; code stays as it is. */
export function normaliseMaths(text: string): string {
  if (!mayHaveMaths(text)) return text;
  return splitFences(text)
    .map(({ code, lines }) => {
      const whole = lines.join("\n");
      return code ? whole : outsideInlineCode(whole, normalised);
    })
    .join("\n");
}

function normalised(text: string): string {
  return text
    .replace(/^([ \t]*)\\\[([\s\S]+?)\\\]/gm, (_, indent: string, body: string) =>
      alone(indent, body),
    )
    .replace(/\\\[([^\n]+?)\\\]/g, (_, body: string) => `$$${body.trim()}$$`)
    .replace(/\\\(([^\n]+?)\\\)/g, (_, body: string) => `$$${body.trim()}$$`)
    .replace(/^([ \t]*)\$\$([^\n$]+)\$\$[ \t]*$/gm, (_, indent: string, body: string) =>
      alone(indent, body),
    )
    .replace(DOLLARS, (_, body: string) => `$$${body}$$`);
}

/** As Pandoc has it, so that prices stay prices: no space inside the dollars, and no digit after them. */
const DOLLARS = /(?<![\\$\w])\$(?![\s$])([^$\n]+?)(?<![\s\\])\$(?![\d$\w])/g;

function alone(indent: string, body: string): string {
  const lines = body.trim().split("\n");
  return [`${indent}$$`, ...lines.map((line) => indent + line.trim()), `${indent}$$`].join("\n");
}

function outsideInlineCode(text: string, change: (text: string) => string): string {
  const pieces: string[] = [];
  let at = 0;
  for (const found of text.matchAll(INLINE_CODE)) {
    pieces.push(change(text.slice(at, found.index)), found[0]);
    at = found.index + found[0].length;
  }
  pieces.push(change(text.slice(at)));
  return pieces.join("");
}

function splitFences(text: string): { code: boolean; lines: string[] }[] {
  const parts: { code: boolean; lines: string[] }[] = [];
  let fence = "";
  for (const line of text.split("\n")) {
    const mark = FENCE.exec(line)?.[1] ?? "";
    const opens = !fence && mark !== "";
    const closes = fence !== "" && mark.startsWith(fence) && line.trim() === mark;
    const code = opens || fence !== "";
    const last = parts.at(-1);
    if (last && last.code === code && !opens) last.lines.push(line);
    else parts.push({ code, lines: [line] });
    if (opens) fence = mark;
    else if (closes) fence = "";
  }
  return parts;
}
