import assert from "node:assert/strict";
import { test } from "node:test";
import { findRoute } from "../server/routes";

const ID = "1b2c3d4e5f60718293a4b5c6d7e8f901";
const at = (method: string, path: string) => findRoute(method, path.split("/"));

test("what the pages use passes, each with its kind of body", () => {
  assert.deepEqual(at("POST", "v1/chat"), { path: "/v1/chat", body: "chat" });
  assert.deepEqual(at("GET", `v1/chat/${ID}/stream`), {
    path: `/v1/chat/${ID}/stream`,
    body: "none",
  });
  assert.deepEqual(at("POST", "v1/documents"), { path: "/v1/documents", body: "document" });
  assert.deepEqual(at("HEAD", "v1/models"), { path: "/v1/models", body: "none" });
  assert.deepEqual(at("GET", `v1/documents/${ID}/passages/12`), {
    path: `/v1/documents/${ID}/passages/12`,
    body: "none",
  });
});

test("what they do not use is not there", () => {
  for (const path of [
    "login",
    "refresh",
    "logout",
    "metrics",
    "schema",
    "v1/api-keys",
    "v1/admin/users",
    "v1",
  ]) {
    assert.equal(at("GET", path), "no-route", path);
  }
});

test("a method that a route does not take is told apart", () => {
  assert.equal(at("DELETE", "v1/chat"), "no-method");
  assert.equal(at("PUT", `v1/conversations/${ID}`), "no-method");
});

test("no path leads elsewhere", () => {
  for (const path of [
    "v1/conversations/..",
    "v1/conversations/../../login",
    "v1/conversations/%2e%2e",
    "v1/conversations/..%2f..%2flogin",
    "v1/conversations/a%2Fb",
    "v1//chat",
    "v1/chat/",
    "/v1/chat",
    "v1/conversations/a\nb",
    "v1/conversations/a?b=c",
    "v1/conversations/a#b",
    "v1/conversations/@host",
    "v1/conversations/a\\b",
    `v1/conversations/${"x".repeat(129)}`,
    "v1/conversations/名",
  ]) {
    assert.equal(at("GET", path), "no-route", path);
  }
});
