import assert from "node:assert/strict";
import { test } from "node:test";
import { splitCitations } from "../components/chat/markdown/citations";
import { normaliseMaths } from "../components/chat/markdown/maths";
import { safeLink, safePicture } from "../components/chat/markdown/url";

test("citations are told from other brackets", () => {
  assert.deepEqual(splitCitations("Mills [1], rivers [2, 13]. a[i] [x] [1234]"), [
    "Mills ",
    1,
    ", rivers ",
    2,
    13,
    ". a[i] [x] [1234]",
  ]);
  assert.deepEqual(splitCitations("水车[1]用水[2，3]。"), ["水车", 1, "用水", 2, 3, "。"]);
});

test("formulas come out in one form", () => {
  assert.equal(normaliseMaths("so \\(x^2\\) and $y$"), "so $$x^2$$ and $$y$$");
  assert.equal(normaliseMaths("\\[\na+b\n\\]"), "$$\na+b\n$$");
  assert.equal(normaliseMaths("  $$a+b$$"), "  $$\n  a+b\n  $$");
});

test("prices and code are no formulas", () => {
  for (const text of ["$5 or $10", "`$a$`", "```sh\necho $A $B\n```", "US$ 5$"]) {
    assert.equal(normaliseMaths(text), text);
  }
  assert.equal(normaliseMaths("```\n$a$\n```\n$b$"), "```\n$a$\n```\n$$b$$");
  assert.equal(normaliseMaths("~~~\n$a$ is not closed"), "~~~\n$a$ is not closed");
});

test("links lead to the web and to mail, and nowhere else", () => {
  assert.equal(safeLink(" https://example.com/a "), "https://example.com/a");
  assert.equal(safeLink("mailto:a@example.com"), "mailto:a@example.com");
  for (const url of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "/api/session",
  ])
    assert.equal(safeLink(url), "");
});

test("pictures are shown only from the text itself", () => {
  assert.equal(safePicture("https://example.com/a.png"), "");
  assert.equal(safePicture("data:image/svg+xml;base64,AAAA"), "");
  assert.notEqual(safePicture("data:image/png;base64,AAAA"), "");
});
