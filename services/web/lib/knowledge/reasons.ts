// Why a document was not taken in, as a kind that has plain words. The edge's own words are English, for programs.

export const REASONS = [
  "ending",
  "large",
  "empty",
  "encoding",
  "binary",
  "nameless",
  "unreadable",
  "attempts",
  "gone",
  "folder",
  "other",
] as const;
export type Reason = (typeof REASONS)[number];

const SAID: [RegExp, Reason][] = [
  [/only \.txt and \.md/i, "ending"],
  [/bytes at most/i, "large"],
  [/no name/i, "nameless"],
  [/is empty/i, "empty"],
  [/binary/i, "binary"],
  [/not UTF-8|UTF-8 text|not text in UTF-8/i, "encoding"],
  [/no text that the model can read/i, "unreadable"],
  [/attempts/i, "attempts"],
  [/bytes are gone/i, "gone"],
];

export function reasonOf(detail: string): Reason {
  return SAID.find(([words]) => words.test(detail))?.[1] ?? "other";
}

/** What is certain to be refused is not sent. Null: it may be sent. */
export function refusal(file: { name: string; size: number }, limitBytes: number): Reason | null {
  if (!/\.(txt|md)$/i.test(file.name)) return "ending";
  if (file.size === 0) return "empty";
  if (file.size > limitBytes) return "large";
  return null;
}
