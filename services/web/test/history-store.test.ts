import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conversation, ConversationPage, Transcript } from "../lib/api/conversations";
import { fileName } from "../lib/api/conversations";
import { HistoryStore } from "../lib/history/store";
import { Transcripts } from "../lib/history/transcripts";
import { newestFirst } from "../lib/paging";

const { withNewest, withOlder, withOne } = newestFirst<Conversation>(
  ({ updated_at }) => updated_at,
);

const one = (id: string, updated_at: number, pinned = false): Conversation => ({
  id,
  title: `about ${id}`,
  created_at: 0,
  updated_at,
  pinned,
});
const ids = (list: { id: string }[]) => list.map(({ id }) => id).join("");
const page = (conversations: Conversation[], next_cursor = ""): ConversationPage => ({
  conversations,
  next_cursor,
});

const listed = (entries: Conversation[], cursor = "") => ({ entries, cursor });

test("the newest page replaces its own span and keeps what is older", () => {
  const list = { entries: [one("a", 9), one("b", 8), one("c", 3), one("d", 2)], cursor: "d" };
  const merged = withNewest(list, listed([one("d", 10), one("a", 9), one("e", 5)], "e"));
  assert.equal(ids(merged.entries), "daec");
  assert.equal(merged.cursor, "d");
  assert.deepEqual(withNewest(list, listed([one("a", 9)])), {
    entries: [one("a", 9)],
    cursor: "",
  });
});

test("a page that is asked for twice adds nothing twice", () => {
  const list = { entries: [one("a", 9)], cursor: "a" };
  assert.equal(ids(withOlder(list, listed([one("a", 9), one("b", 8)])).entries), "ab");
});

test("one that is older than all that is loaded waits for its page", () => {
  const list = { entries: [one("b", 8), one("a", 5)], cursor: "a" };
  assert.equal(ids(withOne(list, one("c", 6)).entries), "bca");
  assert.equal(ids(withOne(list, one("c", 1)).entries), "ba");
  assert.equal(ids(withOne({ ...list, cursor: "" }, one("c", 1)).entries), "bac");
});

/** An edge that keeps its conversations in a map, and refuses on demand. */
function edge(...conversations: Conversation[]) {
  const there = new Map(conversations.map((each) => [each.id, each]));
  const gone = new Map<string, Conversation>();
  const refusing = { now: false };
  const held = <T>(value: T): Promise<T> =>
    refusing.now ? Promise.reject(new Error("refused")) : Promise.resolve(value);
  const calls = {
    list: ({ pinned }: { pinned?: boolean }) =>
      held(page([...there.values()].filter((each) => each.pinned === pinned))),
    change: (id: string, change: object) => {
      const changed = { ...(there.get(id) as Conversation), ...change };
      if (!refusing.now) there.set(id, changed);
      return held(changed);
    },
    remove: (id: string) => {
      if (!refusing.now) gone.set(id, there.get(id) as Conversation);
      if (!refusing.now) there.delete(id);
      return held(undefined);
    },
    restore: (id: string) => {
      const restored = gone.get(id) as Conversation;
      there.set(id, restored);
      return held(restored);
    },
  };
  return { calls, refusing };
}

test("pinning, renaming and deleting show at once, and are taken back if refused", async () => {
  const { calls, refusing } = edge(one("a", 9), one("b", 8));
  const store = new HistoryStore(calls);
  await store.refresh();
  const state = () => store.getSnapshot();
  const pinning = store.pin("b", true);
  assert.equal(`${ids(state().pinned)}|${ids(state().recent)}`, "b|a");
  await pinning;
  await store.remove("a");
  assert.equal(ids(state().recent), "");
  await store.restore("a");
  assert.equal(ids(state().recent), "a");
  refusing.now = true;
  await assert.rejects(store.remove("a"));
  await assert.rejects(store.rename("a", "another"));
  assert.equal(state().recent[0]?.title, "about a");
});

test("what was deleted does not come back with an answer that was asked for before", async () => {
  const { calls } = edge(one("a", 9), one("b", 8));
  const late: (() => void)[] = [];
  const held = <T>(value: T): Promise<T> =>
    new Promise((resolve) => late.push(() => resolve(value)));
  const before = page([one("a", 9), one("b", 8)]);
  const store = new HistoryStore(calls);
  await store.refresh();
  const slow = { list: calls.list, change: calls.change };
  calls.change = (id, change) => held({ ...one(id, 9), ...change });
  calls.list = ({ pinned }) => held(pinned ? page([]) : before);
  const asked = [store.rename("a", "another"), store.refresh()];
  await store.remove("a");
  for (const answer of late) answer();
  await Promise.all(asked);
  assert.equal(ids(store.getSnapshot().recent), "b");
  Object.assign(calls, slow);
  await store.restore("a");
  await store.refresh();
  assert.equal(store.find("a")?.id, "a");
});

test("a reading that fails keeps what was read", async () => {
  const { calls, refusing } = edge(one("a", 9));
  const store = new HistoryStore(calls);
  await store.refresh();
  refusing.now = true;
  await store.refresh();
  assert.equal(ids(store.getSnapshot().recent), "a");
  assert.match(String(store.getSnapshot().error), /refused/);
});

test("a title is watched until the engine has made one", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const titled = () => ({ ...one("a", 9), title: asked > 2 ? "made" : "asked" });
  const { calls } = edge();
  const list = ({ pinned }: { pinned?: boolean }) => {
    if (!pinned) asked += 1;
    return Promise.resolve(page(pinned ? [] : [titled()]));
  };
  const store = new HistoryStore({ ...calls, list });
  store.touched("a");
  for (const ms of [250, 1_250, 3_000, 6_000, 12_000, 60_000]) {
    context.mock.timers.tick(ms);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  }
  assert.equal(store.getSnapshot().recent[0]?.title, "made");
  assert.ok(asked <= 5, `asked ${asked} times`);
});

test("transcripts: two who ask share the answer, few are kept, what is forgotten is not put back", async () => {
  let asked = 0;
  let answer: (transcript: Transcript) => void = () => {};
  const made = (id: string): Transcript => ({
    conversation: one(id, 1),
    messages: [],
    current: "",
  });
  const kept = new Transcripts(() => {
    asked += 1;
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  const both = [kept.read("a"), kept.read("a")];
  kept.forget("a");
  answer(made("a"));
  await Promise.all(both);
  assert.equal(asked, 1);
  assert.equal(kept.peek("a"), undefined);
  for (let number = 0; number < 100; number += 1) kept.put(`c${number}`, made(`c${number}`));
  assert.equal(kept.peek("c0"), undefined);
  assert.equal(kept.peek("c99")?.conversation.id, "c99");
});

test("a download's name: the one in UTF-8, else the plain one", () => {
  const both = "attachment; filename=\"notes.md\"; filename*=UTF-8''%E5%A4%9C%E7%8F%AD.md";
  assert.equal(fileName(both), "夜班.md");
  assert.equal(fileName('attachment; filename="notes.md"'), "notes.md");
  assert.equal(fileName("attachment; filename*=utf-8''%E5%A4; filename=notes.md"), "notes.md");
  assert.equal(fileName(""), "");
});
