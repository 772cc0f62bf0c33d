import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../lib/text/en";
import { chooseLanguage } from "../lib/text/language";
import { zh } from "../lib/text/zh";

test("the cookie's language, else the browser's first that there is, else English", () => {
  assert.equal(chooseLanguage("zh", "en"), "zh");
  assert.equal(chooseLanguage("xx", "fr-FR,fr;q=0.9,zh-CN;q=0.8,en;q=0.7"), "zh");
  assert.equal(chooseLanguage(undefined, "en;q=0.1,zh-TW"), "zh");
  assert.equal(chooseLanguage(undefined, "zh;q=0,en"), "en");
  assert.equal(chooseLanguage(undefined, "zh;q=nonsense"), "en");
  assert.equal(chooseLanguage(undefined, null), "en");
});

/** Every word of a dictionary under its path; functions with their count of parameters. */
function paths(value: object, before = ""): string[] {
  return Object.entries(value).flatMap(([key, entry]) => {
    if (typeof entry === "object" && entry) return paths(entry, `${before}${key}.`);
    assert.notEqual(entry, "", `${before}${key} is empty`);
    return [`${before}${key}${typeof entry === "function" ? `(${entry.length})` : ""}`];
  });
}

test("both languages say the same things", () => {
  assert.deepEqual(paths(zh).sort(), paths(en).sort());
});
