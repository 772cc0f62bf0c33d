import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../lib/citations/lines";
import { beside, type CitedPassage } from "../lib/citations/passage";
import { conversationHref, conversationOf } from "../lib/history/addresses";

const cited = (citation: number): CitedPassage => ({
  citation,
  document: "d",
  number: citation * 3,
  title: "handbook.md",
  text: "text",
  start: 0,
  end: 4,
});

test("the neighbours of a citation are those of its answer", () => {
  const all = [cited(1), cited(2), cited(3)];
  assert.equal(beside(all, cited(2), 1)?.citation, 3);
  assert.equal(beside(all, cited(2), -1)?.citation, 1);
  assert.equal(beside(all, cited(1), -1), undefined);
  assert.equal(beside(all, cited(3), 1), undefined);
  assert.equal(beside(all, { ...cited(2), document: "another" }, 1), undefined);
});

test("a conversation's address leads back to it, whatever its id", () => {
  assert.equal(conversationHref("a b/ü", "m-1"), "/c/a%20b%2F%C3%BC?message=m-1");
  assert.equal(conversationOf("/c/a%20b%2F%C3%BC"), "a b/ü");
  assert.equal(conversationOf("/knowledge"), "");
  assert.equal(conversationOf("/"), "");
});

test("a passage's code is told from its headings, also where it begins or ends in the middle of code", () => {
  const kinds = (text: string) =>
    linesOf(text)
      .map(({ kind }) => kind[0])
      .join("");
  assert.equal(kinds("# One\n```sh\n# not one\n```\nplain"), "hcccp");
  assert.equal(kinds("# not one\n```\n# One"), "cch");
  assert.equal(kinds("# One\n```sh\n# not one"), "hcc");
  assert.deepEqual(linesOf("## Two"), [{ kind: "heading", written: "Two" }]);
});
