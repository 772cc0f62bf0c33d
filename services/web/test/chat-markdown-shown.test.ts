import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { Blocks } from "../components/chat/markdown/blocks";
import { parse } from "../components/chat/markdown/grammar";

function shown(text: string): string {
  const tokens = parse(text);
  const html = renderToStaticMarkup(createElement(Blocks, { tokens, depth: 0, growing: false }));
  return html.replaceAll(' dir="auto"', "");
}

const LINK = 'target="_blank" rel="noopener noreferrer nofollow ugc"';

test("what GitHub's Markdown has is made into elements", () => {
  assert.equal(
    shown("# A\n\n*b* **c** ~~d~~ `e`"),
    "<h1>A</h1><p><em>b</em> <strong>c</strong> <del>d</del> <code>e</code></p>",
  );
  assert.equal(shown("> q"), "<blockquote><p>q</p></blockquote>");
  assert.equal(
    shown("3. x\n4. y\n   - z"),
    '<ol start="3"><li>x</li><li>y<ul><li>z</li></ul></li></ol>',
  );
  assert.match(shown("- [x] done"), /<li class="task-list-item"><input type="checkbox".*done/);
  assert.match(shown("| a | b |\n|---|--:|\n| 1 | **2** |"), /<td align="right"><strong>2</);
  assert.equal(shown("[a][r]\n\n[r]: https://x.y"), `<p><a href="https://x.y" ${LINK}>a</a></p>`);
});

test("HTML stays what was written, and makes no element", () => {
  for (const written of [
    "<script>alert(1)</script>",
    "a <img src=x onerror=alert(1)> b",
    "<!-- x -->",
  ]) {
    const html = shown(written);
    assert.doesNotMatch(html, /<(?!\/?p[ >])/, html);
    assert.ok(html.includes("&lt;"));
  }
  assert.doesNotMatch(shown("[a](javascript:alert(1))"), /href/);
  assert.doesNotMatch(shown("[a](java&#115;cript:alert(1))"), /href/);
});

test("marks need no spaces beside Chinese", () => {
  assert.equal(shown("这是**重点：**内容"), "<p>这是<strong>重点：</strong>内容</p>");
  assert.equal(shown("后文**「中文」**前"), "<p>后文<strong>「中文」</strong>前</p>");
  assert.equal(shown("~~删除。~~后"), "<p><del>删除。</del>后</p>");
  assert.match(shown("见 https://a.b/c。然后"), />https:\/\/a\.b\/c<\/a>。然后/);
  assert.equal(shown("snake_case_name"), "<p>snake_case_name</p>");
});

test("characters may be written by their names, but not in code", () => {
  assert.equal(shown("&eacute; &#233; &#xe9; &nope;"), "<p>é é é &amp;nope;</p>");
  assert.equal(shown("`&eacute;`"), "<p><code>&amp;eacute;</code></p>");
});

test("formulas are found in lines and on lines of their own", () => {
  const [paragraph] = parse("so $$x^2$$ is");
  assert.ok(paragraph && "tokens" in paragraph);
  assert.deepEqual(
    paragraph.tokens?.map(({ type }) => type),
    ["text", "formulaLine", "text"],
  );
  const types = parse("see\n$$\nx\n$$\nafter").map(({ type }) => type);
  assert.deepEqual(types, ["paragraph", "formula", "paragraph"]);
  assert.equal(parse("$$\nit is not at its end").at(-1)?.type, "formula");
});

test("numbers in brackets are citations, but not in code and links", () => {
  // without passages a citation is shown as it was written
  assert.equal(shown("a [1], `[2]`"), "<p>a [1], <code>[2]</code></p>");
  assert.equal(shown("[see [1]](https://a.b)"), `<p><a href="https://a.b" ${LINK}>see [1]</a></p>`);
});

test("what is nested without end is shown, and soon", () => {
  const nested = [
    ">".repeat(5_000),
    "- ".repeat(3_000),
    `${"*_".repeat(3_000)}a${"_*".repeat(3_000)}`,
    "[".repeat(9_000),
    "中**。".repeat(3_000),
  ];
  for (const text of nested) {
    const began = performance.now();
    assert.ok(shown(`${text} end`).includes("end"));
    const tookMs = performance.now() - began;
    assert.ok(tookMs < 3_000, `${text.slice(0, 8)}: ${tookMs} ms`);
  }
});
