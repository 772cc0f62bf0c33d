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
  const drafts = new DraftStore(() => storage);
  drafts.set("one", "half a question");
  drafts.set("two", "another");
  assert.equal(new DraftStore(() => storage).get("one"), "half a question");
  drafts.set("one", " ");
  assert.equal(drafts.get("one"), "");
  assert.equal(drafts.get("two"), "another");
});

test("drafts are bounded in number and length", () => {
  const drafts = new DraftStore(
    (
      (storage) => () =>
        storage
    )(new Kept()),
  );
  for (let place = 0; place < 40; place += 1) drafts.set(`c${place}`, "x".repeat(30_000));
  assert.equal(drafts.get("c9"), "");
  assert.equal(drafts.get("c10").length, 20_000);
});

test("a store that is full, forbidden or spoilt breaks nothing", () => {
  const storage = new Kept();
  storage.full = true;
  new DraftStore(() => storage).set("one", "text");
  new ChoiceStore(() => storage).choose({ model: "m" });
  storage.entries.set("sluice-drafts", "{not json");
  storage.entries.set("sluice-choices", '{"model": 7}');
  assert.equal(new DraftStore(() => storage).get("one"), "");
  assert.deepEqual(new ChoiceStore(() => storage).get(), { model: "", retrieval: true });
  assert.equal(new DraftStore(() => null).get("one"), "");
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
