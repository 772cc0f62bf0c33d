// What is pasted into the composer: words stay words, unless there are very many of them.

/** A longer text would bury the question: it is attached, and can be taken away again. */
const LONG_CHARACTERS = 8_000;

interface Clipboard {
  files: ArrayLike<File>;
  getData: (type: "text/plain") => string;
}

/** The files of it; null where it is to be typed. `longName`: of a long text. */
export function filesOf(clipboard: Clipboard, longName: string): File[] | null {
  const text = clipboard.getData("text/plain");
  const files = Array.from(clipboard.files);
  // Programs for texts and tables bring a picture of what they copy beside its words.
  const ofWords = text !== "" && files.every(({ type }) => type.startsWith("image/"));
  if (files.length > 0 && !ofWords) return files;
  return text.length > LONG_CHARACTERS
    ? [new File([text], longName, { type: "text/plain" })]
    : null;
}
