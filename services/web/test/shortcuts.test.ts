import assert from "node:assert/strict";
import { test } from "node:test";
import { labels, matches, type Press, shortcutOf, written } from "../lib/shortcuts/matching";

const press = (key: string, held: Partial<Press> = {}): Press => ({
  key,
  code: "",
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  keyCode: 0,
  ...held,
});
const free = { typing: false, dialog: false };
const ctrl = { ctrlKey: true };

test("Ctrl elsewhere is ⌘ on a Mac, and only there", () => {
  assert.equal(shortcutOf(press("k", ctrl), free, false), "palette");
  assert.equal(shortcutOf(press("k", ctrl), free, true), null);
  assert.equal(shortcutOf(press("k", { metaKey: true }), free, true), "palette");
  assert.equal(shortcutOf(press("k", { metaKey: true }), free, false), null);
});

test("while typing only what no writer writes is a shortcut", () => {
  const typing = { typing: true, dialog: false };
  assert.equal(shortcutOf(press("?", { shiftKey: true }), free, false), "shortcuts");
  assert.equal(shortcutOf(press("?", { shiftKey: true }), typing, false), null);
  assert.equal(shortcutOf(press("/"), typing, false), null);
  assert.equal(shortcutOf(press("/", ctrl), typing, false), "shortcuts");
  assert.equal(shortcutOf(press("O", { ...ctrl, shiftKey: true }), typing, false), "newChat");
});

test("nothing is taken from an input method that composes, nor from AltGr", () => {
  assert.equal(shortcutOf(press("k", { ...ctrl, isComposing: true }), free, false), null);
  assert.equal(shortcutOf(press("Process", { ...ctrl, keyCode: 229 }), free, false), null);
  assert.equal(shortcutOf(press("k", { ...ctrl, altKey: true }), free, false), null);
});

test("over a dialog only those that open and close one", () => {
  const dialog = { typing: false, dialog: true };
  assert.equal(shortcutOf(press("k", ctrl), dialog, false), "palette");
  assert.equal(shortcutOf(press("b", ctrl), dialog, false), null);
});

test("other letters on the keys: the key's place counts, with Ctrl", () => {
  assert.ok(matches(press("л", { ...ctrl, code: "KeyK" }), "mod+k", false));
  assert.ok(!matches(press("л", { code: "KeyK" }), "k", false));
});

test("what the focused element handles itself is left to it", () => {
  assert.equal(shortcutOf(press("Enter"), free, false), null);
  assert.equal(shortcutOf(press("Delete"), free, false), null);
});

test("keys are written as the system's own menus write them", () => {
  assert.equal(written("mod+shift+o", false), "Ctrl Shift O");
  assert.equal(written("mod+shift+o", true), "⇧⌘O");
  assert.deepEqual(labels("arrowdown", false), ["↓"]);
});
