// The lines of a passage, which is a piece of a document: it may begin and end anywhere.

export interface PassageLine {
  kind: "plain" | "heading" | "code";
  written: string;
}

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^#{1,6}\s+/;

/** A fence that nothing opens closes what began before the passage. */
export function linesOf(text: string): PassageLine[] {
  const lines = text.replace(/^\n+|\s+$/g, "").split("\n");
  let isCode = beginsInCode(lines);
  return lines.map((written) => {
    const isFence = FENCE.test(written);
    if (isFence) isCode = !isCode;
    if (isCode || isFence) return { kind: "code", written };
    if (HEADING.test(written)) return { kind: "heading", written: written.replace(HEADING, "") };
    return { kind: "plain", written };
  });
}

/** Only a fence that opens names a language: where the first of an odd number has none, it closes. */
function beginsInCode(lines: string[]): boolean {
  const fences = lines.filter((line) => FENCE.test(line));
  return fences.length % 2 === 1 && fences[0]?.trim().length === 3;
}
