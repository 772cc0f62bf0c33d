// A table as a file that spreadsheets open (RFC 4180).
import type { Cell } from "./schemas";

const MARK = "\ufeff"; // without it Excel takes UTF-8 for its own code page
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\r\n]/;

export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [columns, ...rows.map((row) => columns.map((_, place) => row[place] ?? ""))];
  return MARK + lines.map((line) => line.map(field).join(",")).join("\r\n");
}

/** A text that a spreadsheet would run as a formula gets an apostrophe: a model wrote it, perhaps from a document. */
function field(value: Cell): string {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
