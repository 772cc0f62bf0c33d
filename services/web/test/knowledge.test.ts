import assert from "node:assert/strict";
import { test } from "node:test";
import type { KnowledgeDocument } from "../lib/api/documents";
import { ApiError } from "../lib/api/errors";
import { Library } from "../lib/knowledge/library";
import { reasonOf, refusal } from "../lib/knowledge/reasons";
import { writtenSize } from "../lib/knowledge/sizes";
import { UploadQueue } from "../lib/knowledge/uploads";

const document = (id: string, change: Partial<KnowledgeDocument> = {}): KnowledgeDocument => ({
  id,
  title: `${id}.md`,
  media_type: "text/markdown",
  size: 10,
  status: "ready",
  created_at: 1,
  passages: 1,
  done: 1,
  error: "",
  ...change,
});
const file = (name: string, text = "text") => new File([text], name);
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

test("what the edge and the retriever say has plain words", () => {
  const said = {
    "Only .txt and .md files can be added.": "ending",
    "A document may have 10485760 bytes at most.": "large",
    "The file is empty.": "empty",
    "The document is empty.": "empty",
    "The file is not text in UTF-8.": "encoding",
    "The document is UTF-16, not UTF-8.": "encoding",
    "The document is not UTF-8 text (byte 3).": "encoding",
    "The document is binary, not text.": "binary",
    "The document has no text that the model can read.": "unreadable",
    "The document could not be ingested in 3 attempts.": "attempts",
    "The uploaded bytes are gone; upload the document again.": "gone",
    "Something new.": "other",
  };
  for (const [detail, reason] of Object.entries(said)) assert.equal(reasonOf(detail), reason);
});

test("what is certain to be refused is not sent", () => {
  assert.equal(refusal({ name: "a.pdf", size: 1 }, 10), "ending");
  assert.equal(refusal({ name: "a.TXT", size: 11 }, 10), "large");
  assert.equal(refusal({ name: "a.md", size: 0 }, 10), "empty");
  assert.equal(refusal({ name: "夜班.MD", size: 10 }, 10), null);
});

test("sizes are written as the language writes them", () => {
  assert.equal(writtenSize(640, "en"), "640 bytes");
  assert.equal(writtenSize(1_400_000, "en"), "1.4 MB");
  assert.equal(writtenSize(10_485_760, "en"), "10 MB");
  assert.equal(writtenSize(12_345, "zh-CN"), "12 kB");
});

test("two files at a time, and each that arrives makes room", async () => {
  const going: { name: string; done: (document: KnowledgeDocument) => void }[] = [];
  const added: string[] = [];
  const queue = new UploadQueue(
    ({ id }) => added.push(id),
    ({ name }) => new Promise((done) => going.push({ name, done })),
  );
  assert.equal(
    queue.add(
      ["a.md", "b.md", "c.md"].map((name) => file(name)),
      100,
    ),
    0,
  );
  assert.deepEqual(
    going.map(({ name }) => name),
    ["a.md", "b.md"],
  );
  going[0]?.done(document("a"));
  await settle();
  assert.deepEqual(added, ["a"]);
  assert.equal(going.at(-1)?.name, "c.md");
  assert.deepEqual(
    queue.getSnapshot().map(({ name }) => name),
    ["b.md", "c.md"],
  );
});

test("a refused file says why; one that met an outage can be sent again", async () => {
  const answers = [
    new ApiError(422, "unprocessable", "The file is not text in UTF-8."),
    new ApiError(413, "too_large", ""),
    new ApiError(503, "unavailable", ""),
  ];
  const queue = new UploadQueue(
    () => {},
    () => Promise.reject(answers.shift() ?? new ApiError(0, "away", "")),
  );
  queue.add(
    ["a.md", "b.md", "c.md"].map((name) => file(name)),
    100,
  );
  await settle();
  const reasons = () =>
    queue.getSnapshot().map((upload) => (upload.state === "failed" ? upload.reason : upload.state));
  assert.deepEqual(reasons(), ["encoding", "large", null]);
  assert.equal(queue.busy, false);
  queue.retry(queue.getSnapshot()[2]?.key ?? "");
  assert.equal(reasons()[2], "sending");
  await settle();
  assert.equal(reasons()[2], null);
});

test("a sign-in that was renewed under way costs one more sending, no more", async () => {
  let sent = 0;
  const queue = new UploadQueue(
    () => {},
    () => {
      sent += 1;
      return Promise.reject(new ApiError(503, "session_renewed", ""));
    },
  );
  queue.add([file("a.md")], 100);
  await settle();
  assert.equal(sent, 2);
});

test("what is dropped while it is sent is stopped, and the next begins", async () => {
  const stopped: string[] = [];
  const queue = new UploadQueue(
    () => {},
    ({ name }, _, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          stopped.push(name);
          reject(signal.reason);
        });
      }),
  );
  queue.add(
    ["a.md", "b.md", "c.md"].map((name) => file(name)),
    100,
  );
  queue.drop(queue.getSnapshot()[0]?.key ?? "");
  await settle();
  assert.deepEqual(stopped, ["a.md"]);
  assert.deepEqual(
    queue.getSnapshot().map(({ name, state }) => `${name} ${state}`),
    ["b.md sending", "c.md sending"],
  );
});

test("more files than a hundred are left out, and counted", () => {
  const queue = new UploadQueue(
    () => {},
    () => new Promise(() => {}),
  );
  const many = Array.from({ length: 130 }, (_, number) => file(`${number}.md`));
  assert.equal(queue.add(many, 100), 30);
  assert.equal(queue.add(many, 100), 130);
});

test("a document is asked after until it is ready, ever less often, and then no more", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const states: KnowledgeDocument["status"][] = ["queued", "processing", "processing", "ready"];
  const list = () => {
    const status = states[Math.min(asked, states.length - 1)] ?? "ready";
    asked += 1;
    return Promise.resolve({ documents: [document("a", { status, done: 0 })], next_cursor: "" });
  };
  const library = new Library({
    list,
    get: () => Promise.reject(new Error("not asked for")),
    remove: () => Promise.resolve(),
  });
  const stop = library.watch();
  for (let round = 0; round < 40; round += 1) {
    await settle();
    context.mock.timers.tick(500);
  }
  assert.equal(asked, 4);
  assert.equal(library.getSnapshot().settled?.id, "a");
  stop();
});

test("a document that could not be deleted comes back; one deleted elsewhere does not", async () => {
  let error: unknown = new ApiError(503, "unavailable", "");
  const there = document("a");
  const library = new Library({
    list: () => Promise.resolve({ documents: [there], next_cursor: "" }),
    get: () => Promise.resolve(there),
    remove: () => Promise.reject(error),
  });
  await library.refresh();
  await assert.rejects(library.remove(there));
  assert.equal(library.getSnapshot().documents.length, 1);
  error = new ApiError(404, "not_found", "");
  await library.remove(there);
  assert.equal(library.getSnapshot().documents.length, 0);
});
