import assert from "node:assert/strict";
import { test } from "node:test";
import { failureWords } from "../components/chat/model/failure";
import { ApiError, readError } from "../lib/api/errors";
import { en as english } from "../lib/text/en";
import { zh as chinese } from "../lib/text/zh";

test("the code of an error in plain text is in its header", async () => {
  const headers = { "x-sluice-error": "queue_full", "retry-after": "7" };
  const error = await readError(new Response("More wait than may.", { status: 503, headers }));
  assert.deepEqual(
    [error.code, error.detail, error.retryAfterS],
    ["queue_full", "More wait than may.", 7],
  );
});

test("each code is told in the words of the page, and never in the service's", () => {
  const codes: [number, string][] = [
    [400, "context_length_exceeded"],
    [404, "model_not_found"],
    [413, "too_large"],
    [429, "rate_limit_exceeded"],
    [500, "internal_error"],
    [502, "engine_failed"],
    [503, "unavailable"],
    [503, "queue_full"],
    [503, "model_unavailable"],
    [504, "deadline_exceeded"],
    [0, "no_pictures"],
  ];
  for (const [status, code] of codes) {
    const refused = { error: new ApiError(status, code, "The engine's words."), begun: false };
    const broken = { error: new Error("The engine's words."), code, begun: true };
    for (const failure of status === 0 || status === 413 || status === 429
      ? [refused]
      : [refused, broken]) {
      assert.doesNotMatch(failureWords(failure, english).body, /engine's/, code);
      assert.match(failureWords(failure, chinese).body, /^[^a-z]+$/, code);
    }
  }
});

test("only what is busy has to be waited for", () => {
  const wait = (status: number, code: string, s: number | null) =>
    failureWords({ error: new ApiError(status, code, "", s), begun: false }, english).waitS;
  assert.equal(wait(429, "rate_limit_exceeded", 3), 3);
  assert.equal(wait(503, "queue_full", null), 10);
  assert.equal(wait(503, "unavailable", 1), 0);
});

test("without a code, and where the code says too little, the service's words are kept", () => {
  const unknown = failureWords({ error: new Error("Strange."), begun: true }, english);
  assert.equal(unknown.body, "The service said: Strange.");
  const refused = new ApiError(400, "invalid_request", "A picture has 1 to 9 bytes.");
  assert.match(
    failureWords({ error: refused, begun: false }, chinese).body,
    /A picture has 1 to 9 bytes\./,
  );
});
