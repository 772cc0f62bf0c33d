import assert from "node:assert/strict";
import { test } from "node:test";
import { groupByDay, monthName } from "../lib/history/by-day";

const at = (iso: string) => ({ updated_at: Date.parse(iso) / 1000, id: iso });
const keys = (entries: ReturnType<typeof at>[], now: string, zone: string) =>
  groupByDay(entries, Date.parse(now), zone).map(({ key, entries: held }) => [key, held.length]);

test("a day ends at midnight of the reader's zone", () => {
  const entries = [at("2026-11-25T01:00:00Z"), at("2026-11-24T23:00:00Z")];
  const now = "2026-11-25T02:00:00Z";
  assert.deepEqual(keys(entries, now, "UTC"), [
    ["today", 1],
    ["yesterday", 1],
  ]);
  assert.deepEqual(keys(entries, now, "Asia/Shanghai"), [["today", 2]]);
  assert.deepEqual(keys(entries, now, "America/Los_Angeles"), [["today", 2]]);
  assert.deepEqual(keys(entries, "2026-11-25T09:00:00Z", "America/Los_Angeles"), [
    ["yesterday", 2],
  ]);
});

test("after yesterday come seven days, then months, then the months of other years", () => {
  const entries = [
    at("2026-02-02T12:00:00Z"),
    at("2026-01-27T12:00:00Z"),
    at("2026-01-26T12:00:00Z"),
    at("2026-01-02T12:00:00Z"),
    at("2025-12-31T12:00:00Z"),
  ];
  assert.deepEqual(keys(entries, "2026-02-03T12:00:00Z", "UTC"), [
    ["yesterday", 1],
    ["week", 1],
    ["2026-1", 2],
    ["2025-12", 1],
  ]);
});

test("a day of 23 or 25 hours is one day", () => {
  const zone = "Europe/Berlin"; // clocks go back on 25 October 2026
  const entries = [at("2026-10-24T22:30:00Z"), at("2026-10-24T21:30:00Z")];
  assert.deepEqual(keys(entries, "2026-10-25T22:30:00Z", zone), [
    ["today", 1],
    ["yesterday", 1],
  ]);
});

test("a clock ahead of ours makes no tomorrow", () => {
  assert.deepEqual(keys([at("2026-11-26T12:00:00Z")], "2026-11-25T12:00:00Z", "UTC"), [
    ["today", 1],
  ]);
});

test("months are named in the reader's language, with their year if it is another", () => {
  const now = Date.parse("2026-11-25T12:00:00Z");
  assert.equal(monthName({ year: 2026, month: 10 }, now, "en", "UTC"), "October");
  assert.equal(monthName({ year: 2025, month: 10 }, now, "en", "UTC"), "October 2025");
  assert.equal(monthName({ year: 2025, month: 10 }, now, "zh-CN", "UTC"), "2025年10月");
});
