import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage } from "../components/chat/model/message";
import { messagesToSend } from "../components/chat/model/request";
import { passagesOf, toMessage } from "../components/chat/model/transcript";

const SEEN = { pictures: true };

const said = (id: string, role: ChatMessage["role"], text: string): ChatMessage => ({
  id,
  role,
  parts: [{ type: "text", text }],
});

function branch(turns: number, text = "x"): ChatMessage[] {
  return Array.from({ length: turns }, (_, place) => [
    said(`q${place}`, "user", text),
    said(`a${place}`, "assistant", text),
  ])
    .flat()
    .slice(0, -1);
}

test("a very long conversation is sent from its end, beginning with a question", () => {
  const sent = messagesToSend(branch(500), SEEN);
  assert.ok(sent.length <= 240);
  assert.equal(sent.at(-1)?.id, "q499");
  assert.equal(sent[0]?.role, "user");
});

test("what has too many characters is cut, and the question never", () => {
  assert.ok(messagesToSend(branch(20, "x".repeat(20_000)), SEEN).length < 12);
  assert.equal(messagesToSend([said("q", "user", "x".repeat(190_000))], SEEN).length, 1);
});

test("sources and older thoughts are not sent back", () => {
  const answer: ChatMessage = {
    id: "a",
    role: "assistant",
    parts: [
      { type: "reasoning", text: "hm" },
      { type: "source-document", sourceId: "d-1", mediaType: "text/plain", title: "t" },
      { type: "text", text: "yes" },
    ],
  };
  const [, sent] = messagesToSend(
    [said("q", "user", "?"), answer, said("r", "user", "more")],
    SEEN,
  );
  assert.deepEqual(sent?.parts, [{ type: "text", text: "yes" }]);
});

test("of older pictures only the names are sent when they are too much together", () => {
  const url = `data:image/png;base64,${"A".repeat(4_000_000)}`;
  const picture = (id: string): ChatMessage => ({
    id,
    role: "user",
    parts: [{ type: "file", mediaType: "image/png", filename: `${id}.png`, url }],
  });
  const pictures = [
    picture("older"),
    picture("old"),
    said("a", "assistant", "a cat"),
    picture("new"),
  ];
  const lengths = (seen: boolean) =>
    messagesToSend(pictures, { pictures: seen }).map(
      ({ parts }) => (parts[0] as { url?: string }).url?.length ?? 0,
    );
  assert.deepEqual(lengths(true), [0, url.length, 0, url.length]);
  assert.deepEqual(lengths(false), [0, 0, 0, url.length], "a model that sees nothing gets none");
});

test("a stored answer comes with its numbered passages and how it ended", () => {
  const message = toMessage({
    id: "a",
    parent: "q",
    role: "assistant",
    text: "Mills [1].",
    status: "cancelled",
    reasoning: "hm",
    sources: [
      { document: "d-1", number: 7, title: "Mills", text: "…", start: 3, end: 9, score: 0.5 },
    ],
    model: "m",
    error: "",
    created_at: 1.5,
  });
  assert.equal(message.metadata?.finishReason, "cancelled");
  assert.equal(message.metadata?.createdAt, 1500);
  const [passage] = passagesOf(message.parts);
  assert.deepEqual([passage?.citation, passage?.document, passage?.number], [1, "d-1", 7]);
  assert.deepEqual(
    message.parts.map(({ type }) => type),
    ["source-document", "reasoning", "text"],
  );
});
