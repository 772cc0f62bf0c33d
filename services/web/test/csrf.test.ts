import assert from "node:assert/strict";
import { test } from "node:test";
import { isHttps, isOurs } from "../server/csrf";
import { ORIGIN, pageRequest } from "./requests";

const POST = { method: "POST" };

test("a request of our own page passes", () => {
  assert.equal(isOurs(pageRequest("/api/edge/v1/chat", POST)), true);
});

test("a browser that does not say where a request comes from passes by its origin and our header", () => {
  assert.equal(isOurs(pageRequest("/x", { ...POST, headers: { "sec-fetch-site": "" } })), true);
});

for (const [why, headers] of [
  ["another origin", { origin: "http://evil.test" }],
  ["another port of the host", { origin: "http://sluice.test:3001" }],
  ["another scheme", { origin: "https://sluice.test:3000" }],
  ["a sandboxed page", { origin: "null" }],
  ["no origin", { origin: "" }],
  ["no header of ours", { "x-sluice-web": "" }],
  ["another site", { "sec-fetch-site": "cross-site" }],
  ["another host of the site", { "sec-fetch-site": "same-site" }],
  ["an address typed in", { "sec-fetch-site": "none" }],
] as const) {
  test(`a change asked for by ${why} is refused`, () => {
    assert.equal(isOurs(pageRequest("/x", { ...POST, headers: { ...headers } })), false);
  });
}

test("reading is for our pages and for whoever types the address, not for other sites", () => {
  const from = (site: string) =>
    pageRequest("/x", { headers: { "sec-fetch-site": site, origin: "" } });
  assert.equal(isOurs(from("same-origin")), true);
  assert.equal(isOurs(from("none")), true);
  assert.equal(isOurs(from("")), true);
  assert.equal(isOurs(from("cross-site")), false);
  assert.equal(isOurs(from("same-site")), false);
});

test("behind a proxy the origin is the configured one", (t) => {
  process.env.SLUICE_WEB_ORIGIN = "https://chat.example.com/";
  t.after(() => delete process.env.SLUICE_WEB_ORIGIN);
  const from = (origin: string) => isOurs(pageRequest("/x", { ...POST, headers: { origin } }));
  assert.equal(from("https://chat.example.com"), true);
  assert.equal(from(ORIGIN), false);
  assert.equal(isHttps(pageRequest("/x")), true);
});

test("a proxy that ends TLS says so", () => {
  const forwarded = pageRequest("/x", {
    ...POST,
    headers: { "x-forwarded-proto": "https", origin: "https://sluice.test:3000" },
  });
  assert.equal(isHttps(forwarded), true);
  assert.equal(isOurs(forwarded), true);
});
