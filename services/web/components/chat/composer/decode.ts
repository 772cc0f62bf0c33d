// A text file's bytes as text, whatever wrote it.

const MARKS: [mark: number[], encoding: string][] = [
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];

/** UTF-8; UTF-16 where it says so; else what old programs of the reader's languages write. Raises for what is no text. */
export function decodeText(bytes: Uint8Array, languages: readonly string[]): string {
  const text = decoded(bytes, languages);
  if (text.includes("\0")) throw new TypeError("binary");
  return text;
}

function decoded(bytes: Uint8Array, languages: readonly string[]): string {
  const marked = MARKS.find(([mark]) => mark.every((byte, place) => bytes[place] === byte));
  if (marked) return new TextDecoder(marked[1]).decode(bytes);
  const chinese = languages.some((language) => /^zh\b/i.test(language));
  for (const encoding of ["utf-8", ...(chinese ? ["gb18030"] : [])]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // not in this one
    }
  }
  return new TextDecoder("windows-1252").decode(bytes);
}
