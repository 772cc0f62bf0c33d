// `[1]` in an answer's text; what stands in code, links and formulas is never given to it.

const CITED = /\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]/g;

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
