/** A passage that an answer cites as `[citation]`, with its text as it was when the answer was written. */
export interface CitedPassage {
  citation: number;
  document: string;
  /** The passage's own in its document, from 1: `GET /v1/documents/{document}/passages/{number}`. */
  number: number;
  title: string;
  text: string;
  /** In characters of the document. */
  start: number;
  end: number;
}

/** What stands in a place of a list of citations; out of it, none. */
export function beside(
  all: readonly CitedPassage[],
  current: CitedPassage,
  step: 1 | -1,
): CitedPassage | undefined {
  const at = all.findIndex((each) => isSame(each, current));
  return at < 0 ? undefined : all[at + step];
}

export function isSame(one: CitedPassage, other: CitedPassage): boolean {
  return (
    one.citation === other.citation &&
    one.document === other.document &&
    one.number === other.number
  );
}
