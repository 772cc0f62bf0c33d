import assert from "node:assert/strict";
import { test } from "node:test";
import { contentSecurityPolicy, newNonce } from "../server/csp";

test("nothing inline runs or styles without the nonce, and nothing comes from elsewhere", () => {
  const policy = contentSecurityPolicy({ nonce: "abc", https: true, development: false });
  const directives = new Map(
    policy.split("; ").map((part) => [part.split(" ")[0], part.split(" ").slice(1).join(" ")]),
  );
  assert.equal(directives.get("script-src"), "'self' 'nonce-abc' 'strict-dynamic'");
  assert.equal(directives.get("style-src"), "'self' 'nonce-abc'");
  assert.equal(directives.get("default-src"), "'none'");
  assert.equal(directives.get("frame-ancestors"), "'none'");
  assert.doesNotMatch(policy, /unsafe|http:|https:|\*/);
});

test("a nonce is new each time, and has 128 bits", () => {
  const nonces = new Set(Array.from({ length: 100 }, newNonce));
  assert.equal(nonces.size, 100);
  for (const nonce of nonces) assert.equal(Buffer.from(nonce, "base64").length, 16);
});
