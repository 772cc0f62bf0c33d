import assert from "node:assert/strict";
import { test } from "node:test";
import { ChoiceStore } from "../components/chat/model/choices";
import { DraftStore } from "../components/chat/model/drafts";

class Kept implements Storage {
  readonly entries = new Map<string, string>();
  full = false;
  getItem(key: string) {
    return this.entries.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    if (this.full) throw new Error("QuotaExceededError");
    this.entries.set(key, value);
  }
  removeItem(key: string) {
    this.entries.delete(key);
  }
  clear() {
    this.entries.clear();
  }
  key() {
    return null;
  }
  get length() {
    return this.entries.size;
  }
}

test("a draft is kept by conversation, and forgotten when it is empty", () => {
  const storage = new Kept();
  const drafts = new DraftStore(() => storage, "ada");
  drafts.set("one", "half a question");
  drafts.set("two", "another");
  assert.equal(new DraftStore(() => storage, "ada").get("one"), "half a question");
  drafts.set("one", " ");
  assert.equal(drafts.get("one"), "");
  assert.equal(drafts.get("two"), "another");
});

test("drafts are bounded in number and in length together", () => {
  const storage = new Kept();
  const drafts = new DraftStore(() => storage, "ada");
  for (let place = 0; place < 40; place += 1) drafts.set(`c${place}`, "x");
  assert.equal(drafts.get("c9"), "");
  assert.equal(drafts.get("c10"), "x");
  drafts.set("long", "x".repeat(499_990));
  assert.equal(drafts.get("c30"), "x");
  drafts.set("longer", "x".repeat(300_000));
  assert.equal(drafts.get("long"), "");
  assert.equal(drafts.get("longer").length, 300_000);
});

test("a draft is its user's alone, and none is left behind by whoever signs out", () => {
  const storage = new Kept();
  new DraftStore(() => storage, "ada").set("new", "a secret");
  assert.equal(new DraftStore(() => storage, "bob").get("new"), "");
  assert.equal(new DraftStore(() => storage, "ada").get("new"), "a secret");
});

test("a question that did not arrive is a draft again, and one that did is not", () => {
  const storage = new Kept();
  const kept = new DraftStore(() => storage, "ada");
  const restored: string[] = [];
  kept.onRestored((conversation) => restored.push(conversation));
  kept.hold("c1", "Why?");
  assert.equal(kept.get("c1"), "");
  assert.equal(kept.restore("c1", ["Who?"]), true);
  assert.deepEqual([kept.get("c1"), restored], ["Why?", ["c1"]]);
  kept.hold("c2", "When?");
  assert.equal(kept.restore("c2", ["When?"]), false);
  kept.hold("c3", "Where?");
  kept.release("c3");
  assert.equal(kept.restore("c3", []), false);
});

test("a store that is full, forbidden or spoilt breaks nothing", () => {
  const storage = new Kept();
  storage.full = true;
  new DraftStore(() => storage, "ada").set("one", "text");
  new ChoiceStore(() => storage).choose({ model: "m" });
  storage.entries.set("sluice-private:drafts:ada", "{not json");
  storage.entries.set("sluice-choices", '{"model": 7}');
  assert.equal(new DraftStore(() => storage, "ada").get("one"), "");
  assert.deepEqual(new ChoiceStore(() => storage).get(), { model: "", retrieval: true });
  assert.equal(new DraftStore(() => null, "ada").get("one"), "");
});

test("a choice is kept and told", () => {
  const storage = new Kept();
  const choices = new ChoiceStore(() => storage);
  let told = 0;
  choices.subscribe(() => {
    told += 1;
  });
  choices.choose({ retrieval: false });
  assert.equal(told, 1);
  assert.deepEqual(new ChoiceStore(() => storage).get(), { model: "", retrieval: false });
});
