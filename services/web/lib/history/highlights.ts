// A text cut where something in it is marked.

export interface Piece {
  text: string;
  marked: boolean;
}

/** `ranges` count code points, as Python does, not the UTF-16 units of JavaScript; they may overlap and be out of order. */
export function split(text: string, ranges: readonly (readonly [number, number])[]): Piece[] {
  const characters = [...text];
  const pieces: Piece[] = [];
  let at = 0;
  const add = (end: number, marked: boolean) => {
    if (end > at) pieces.push({ text: characters.slice(at, end).join(""), marked });
    at = Math.max(at, end);
  };
  for (const [start, end] of [...ranges].sort((one, other) => one[0] - other[0])) {
    const stop = Math.min(end, characters.length);
    if (stop <= Math.max(start, at)) continue;
    add(Math.min(Math.max(start, at), characters.length), false);
    add(stop, true);
  }
  add(characters.length, false);
  return pieces;
}

/** Where the words of a query are in a text: for what was found here rather than by the edge. */
export function rangesOf(text: string, query: string): [number, number][] {
  const folded = [...text].map((character) => character.toLowerCase());
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((word) => occurrences(folded, [...word]));
}

function occurrences(characters: string[], word: string[]): [number, number][] {
  const found: [number, number][] = [];
  for (let at = 0; at + word.length <= characters.length; at += 1) {
    if (word.every((character, index) => characters[at + index] === character)) {
      found.push([at, at + word.length]);
      at += word.length - 1;
    }
  }
  return found;
}
