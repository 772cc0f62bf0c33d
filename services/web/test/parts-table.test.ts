import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv } from "../components/parts/csv";
import { sorted, turned } from "../components/parts/sorting";

const ROWS = [
  ["b", 10],
  ["a", 9],
  ["c", null],
  ["d", -1],
  ["e", 100],
] as const;
const names = (rows: readonly (readonly (string | number | null)[])[]) =>
  rows.map(([name]) => name).join("");

test("numbers are ordered as numbers, and what is empty comes last either way", () => {
  assert.equal(names(sorted(ROWS, { column: 1, direction: "ascending" }, "en")), "dabec");
  assert.equal(names(sorted(ROWS, { column: 1, direction: "descending" }, "en")), "ebadc");
});

test("texts are ordered as their language does, and numbers in them by value", () => {
  const rows = [["item 10"], ["Item 9"], ["äpfel"], ["zebra"]];
  const order = sorted(rows, { column: 0, direction: "ascending" }, "de").map(([text]) => text);
  assert.deepEqual(order, ["äpfel", "Item 9", "item 10", "zebra"]);
});

test("no order leaves the rows as they came, and a third turn comes back to it", () => {
  const first = turned(null, 1);
  const second = turned(first, 1);
  assert.deepEqual(second, { column: 1, direction: "descending" });
  assert.equal(turned(second, 1), null);
  assert.equal(sorted(ROWS, null, "en"), ROWS);
  assert.deepEqual(turned(second, 0), { column: 0, direction: "ascending" });
});

test("CSV quotes what needs it, fills short rows, and disarms formulas but not numbers", () => {
  const csv = toCsv(["name", "said"], [['a "b"', "x,y"], ["=1+1", -5], ["short"]]);
  assert.equal(csv, '\ufeffname,said\r\n"a ""b""","x,y"\r\n\'=1+1,-5\r\nshort,');
});
