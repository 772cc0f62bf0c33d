import assert from "node:assert/strict";
import { test } from "node:test";
import type { Network } from "../components/chat/model/network";
import { delayBefore, MAX_ATTEMPTS } from "../components/chat/model/network";
import { Recovery, type Resumed } from "../components/chat/model/recovery";
import { ApiError } from "../lib/api/errors";

const LOST = new ApiError(0, "away", "no connection");

/** `answers`: what each resume finds; the last one for ever. `stored`: what each reading finds. */
function recovering(answers: Resumed[], stored: boolean[] = [true]) {
  const seen = {
    pauses: [] as number[],
    resumed: 0,
    reloaded: 0,
    missing: 0,
    shown: [] as boolean[],
  };
  const network: Network = {
    pause: async (delayMs) => {
      seen.pauses.push(delayMs);
    },
  };
  const next = <T>(list: T[], place: number) => list[Math.min(place, list.length - 1)] as T;
  const recovery = new Recovery({
    network,
    signal: new AbortController().signal,
    resume: async () => next(answers, seen.resumed++),
    reload: async () => next(stored, seen.reloaded++),
    onMissing: () => {
      seen.missing += 1;
    },
    onChange: (reconnecting) => seen.shown.push(reconnecting),
  });
  return { recovery, seen };
}

test("a lost connection is looked for until it is there", async () => {
  const lost = { connected: false, error: LOST };
  const { recovery, seen } = recovering([lost, lost, { connected: true, error: null }]);
  await recovery.begin();
  assert.equal(seen.resumed, 3);
  assert.equal(seen.reloaded, 0);
  assert.deepEqual([seen.shown[0], seen.shown.at(-1)], [true, false]);
});

test("it gives up after a while", async () => {
  const { recovery, seen } = recovering([{ connected: false, error: LOST }]);
  await recovery.begin();
  assert.equal(seen.resumed, MAX_ATTEMPTS);
  assert.equal(seen.shown.at(-1), false);
});

test("an answer that was lost again counts its attempts anew", async () => {
  const lost = { connected: false, error: LOST };
  const again = { connected: true, error: LOST };
  const answers = [...Array<Resumed>(15).fill(lost), again, ...Array<Resumed>(15).fill(lost)];
  const { recovery, seen } = recovering([...answers, { connected: true, error: null }]);
  await recovery.begin();
  assert.equal(seen.resumed, 32);
});

test("a refusal ends the search", async () => {
  const refused = { connected: false, error: new ApiError(401, "signed_out", "") };
  const { recovery, seen } = recovering([refused]);
  await recovery.begin();
  assert.equal(seen.resumed, 1);
});

test("where nothing is written any more, what is stored is read, for a moment after its end too", async () => {
  const { recovery, seen } = recovering([{ connected: false, error: null }], [false, false, true]);
  await recovery.begin();
  assert.equal(seen.reloaded, 3);
  assert.equal(seen.missing, 0);
});

test("an answer whose end is nowhere is told so", async () => {
  const { recovery, seen } = recovering([{ connected: false, error: null }], [false]);
  await recovery.begin();
  assert.equal(seen.missing, 1);
});

test("a first look reads nothing again where the answer is there", async () => {
  const { recovery, seen } = recovering([{ connected: false, error: null }]);
  await recovery.catchUp(true);
  assert.equal(seen.reloaded, 0);
  await recovery.catchUp(false);
  assert.equal(seen.reloaded, 1);
});

test("delays double to a bound", () => {
  assert.deepEqual(
    [0, 1, 2, 10].map((attempt) => delayBefore(attempt, 0)),
    [250, 500, 1000, 8000],
  );
  assert.ok(delayBefore(10, 1) <= 9_600);
});
