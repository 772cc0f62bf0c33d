import assert from "node:assert/strict";
import { test } from "node:test";
import { BranchTree } from "../components/chat/model/branch-tree";

const message = (id: string) => ({ id });
const ids = (path: { id: string }[]) => path.map(({ id }) => id).join(" ");

function tree() {
  const made = new BranchTree<{ id: string }>();
  for (const [id, parent] of [
    ["q1", ""],
    ["a1", "q1"],
    ["a2", "q1"],
    ["q2", "a1"],
    ["q3", "a2"],
    ["a3", "q3"],
  ] as const) {
    made.add(message(id), parent);
  }
  return made;
}

test("messages with one parent are versions, oldest first", () => {
  assert.deepEqual(tree().versionsOf("a2"), { index: 1, ids: ["a1", "a2"] });
  assert.deepEqual(tree().versionsOf("q3"), { index: 0, ids: ["q3"] });
  assert.deepEqual(tree().versionsOf("unknown"), { index: 0, ids: ["unknown"] });
});

test("a branch is read from its end, and a version leads to its newest end", () => {
  const made = tree();
  assert.equal(ids(made.pathTo("a3")), "q1 a2 q3 a3");
  assert.equal(made.newestUnder("a1"), "q2");
  assert.equal(made.newest(), "a3");
  assert.equal(ids(made.pathTo("nowhere")), "");
});

test("a branch that was cut and gone on with becomes one beside the other", () => {
  const made = tree();
  made.adopt([message("q1"), message("a2"), message("edited"), message("answer")]);
  assert.deepEqual(made.versionsOf("edited"), { index: 1, ids: ["q3", "edited"] });
  assert.equal(ids(made.pathTo(made.newestUnder("q3"))), "q1 a2 q3 a3");
});

test("an edited first question begins the conversation a second time", () => {
  const made = tree();
  made.adopt([message("other"), message("its answer")]);
  assert.deepEqual(made.versionsOf("other"), { index: 1, ids: ["q1", "other"] });
});

test("adopting a branch that is known changes the messages and not the tree", () => {
  const made = tree();
  const longer = { id: "a3", text: "more" };
  made.adopt([message("q1"), message("a2"), message("q3"), longer]);
  assert.equal(made.size, 6);
  assert.equal(made.pathTo("a3").at(-1), longer);
});

test("a message whose parent was left out begins a branch of its own", () => {
  const made = new BranchTree<{ id: string }>();
  made.add(message("late"), "older than the page");
  assert.equal(ids(made.pathTo("late")), "late");
});
