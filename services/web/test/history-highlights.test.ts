import assert from "node:assert/strict";
import { test } from "node:test";
import { rangesOf, split } from "../lib/history/highlights";

const shown = (text: string, ranges: [number, number][]) =>
  split(text, ranges).map(({ text: piece, marked }) => (marked ? `[${piece}]` : piece));

test("a text is cut where it is marked, and nothing of it is lost", () => {
  assert.deepEqual(shown("the night shift", [[4, 9]]), ["the ", "[night]", " shift"]);
  assert.deepEqual(shown("night", [[0, 5]]), ["[night]"]);
  assert.deepEqual(shown("night", []), ["night"]);
  assert.deepEqual(shown("", [[0, 3]]), []);
});

test("ranges count code points: an emoji before a match moves nothing", () => {
  assert.deepEqual(shown("🌙🌙 night", [[3, 8]]), ["🌙🌙 ", "[night]"]);
  assert.deepEqual(shown("夜班表 night", [[0, 2]]), ["[夜班]", "表 night"]);
});

test("ranges may overlap, be out of order, empty, or past the end", () => {
  const ranges: [number, number][] = [
    [6, 99],
    [0, 3],
    [2, 4],
    [5, 5],
  ];
  assert.deepEqual(shown("abcdefgh", ranges), ["[abc]", "[d]", "ef", "[gh]"]);
});

test("the words of a query are found whatever their case", () => {
  assert.deepEqual(rangesOf("Night, night 🌙 NIGHT", "night"), [
    [0, 5],
    [7, 12],
    [15, 20],
  ]);
  assert.deepEqual(rangesOf("夜班表", "夜班"), [[0, 2]]);
  assert.deepEqual(rangesOf("aaaa", "aa"), [
    [0, 2],
    [2, 4],
  ]);
  assert.deepEqual(rangesOf("anything", "  "), []);
});
