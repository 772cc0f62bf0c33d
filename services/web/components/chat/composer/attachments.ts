// What may be attached to a question, and how it is sent: pictures made small enough, texts as they are.

import { MAX_CHARACTERS, MAX_PICTURE_BYTES } from "../model/request";

export const MAX_FILES = 8;
/** A little under the edge's, which counts in binary. */
export const MAX_TEXT_BYTES = 256_000;
/** Before it is made smaller. */
export const MAX_READ_BYTES = 25_000_000;

export type FileKind = "picture" | "text";

export type FileProblem =
  | "unknownKind"
  | "unknownPicture"
  | "textTooLarge"
  | "pictureTooLarge"
  | "textsTogether"
  | "picturesTogether"
  | "noPictures"
  | "unreadable";

export interface Attachment {
  id: string;
  name: string;
  kind: FileKind;
  mediaType: string;
  /** A data URL. */
  url: string;
  /** As the edge counts: a picture's bytes, a text's characters. */
  size: number;
}

const PICTURES = /^image\/(png|jpeg|gif|webp|bmp|avif)$/;
const TEXTS =
  /\.(txt|md|markdown|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|log|xml|svg|html?|css|scss|m?[jt]sx?|py|rb|go|rs|java|kt|c|h|cc|cpp|hpp|cs|php|swift|sh|bash|zsh|ps1|sql|r|lua|pl|tex|rst|env|diff|patch|vue|svelte|proto|graphql|dockerfile)$/i;

/** By what the browser says it is, and else by its name; null: neither. */
export function kindOf({ type, name }: { type: string; name: string }): FileKind | null {
  if (PICTURES.test(type)) return "picture";
  if (type.startsWith("text/") || type === "application/json" || TEXTS.test(name)) return "text";
  return /^(makefile|dockerfile|readme|license)$/i.test(name) ? "text" : null;
}

/** `pictures`: whether the model takes them. */
export function problemOf(
  file: { type: string; name: string; size: number },
  pictures: boolean,
): FileProblem | null {
  const kind = kindOf(file);
  if (!kind) return file.type.startsWith("image/") ? "unknownPicture" : "unknownKind";
  if (kind === "picture" && !pictures) return "noPictures";
  if (kind === "picture") return file.size > MAX_READ_BYTES ? "pictureTooLarge" : null;
  return file.size > MAX_TEXT_BYTES ? "textTooLarge" : null;
}

/** Whether one more is too much beside the others, in one question. */
export function togetherProblem(
  files: readonly Attachment[],
  more: Attachment,
): FileProblem | null {
  const same = files.filter(({ kind }) => kind === more.kind);
  const size = same.reduce((sum, file) => sum + file.size, more.size);
  if (more.kind === "picture") return size > MAX_PICTURE_BYTES ? "picturesTogether" : null;
  return size > MAX_CHARACTERS ? "textsTogether" : null;
}

/** The edge reads plain text and Markdown; code and data are plain text. */
export function textType(name: string): string {
  return /\.(md|markdown)$/i.test(name) ? "text/markdown" : "text/plain";
}

export function megabytes(bytes: number, locale: string): string {
  const [value, unit] =
    bytes >= 1_000_000 ? [bytes / 1_000_000, "megabyte"] : [bytes / 1_000, "kilobyte"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(
    value,
  );
}
