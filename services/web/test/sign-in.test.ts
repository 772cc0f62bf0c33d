import assert from "node:assert/strict";
import { test } from "node:test";
import { EdgeAway } from "../server/edge";
import { signIn, signOut } from "../server/sign-in";
import { fakeEdge, pageRequest, token, tokens } from "./requests";

const attempt = (body: string, headers: Record<string, string> = {}) =>
  pageRequest("/api/session", { method: "POST", body, headers });
const RIGHT = '{"username":"ada","password":"right"}';

test("who signs in gets cookies that no script reads, and no token in the body", async () => {
  const edge = fakeEdge(() => tokens(token("ада"), "r1"));
  const answer = await signIn(attempt(RIGHT), edge.parts);
  assert.equal(answer.status, 204);
  assert.equal(await answer.text(), "");
  assert.deepEqual(answer.headers.getSetCookie(), [
    `sluice-access=${token("ада")}; Path=/; Max-Age=570; HttpOnly; SameSite=Lax`,
    "sluice-refresh=r1; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
    `sluice-name=${encodeURIComponent("ада")}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax`,
  ]);
});

test("over HTTPS the cookies are secure, and bound to the host", async () => {
  const edge = fakeEdge(() => tokens(token(), "r1"));
  const headers = { "x-forwarded-proto": "https", origin: "https://sluice.test:3000" };
  const answer = await signIn(attempt(RIGHT, headers), edge.parts);
  for (const cookie of answer.headers.getSetCookie())
    assert.match(cookie, /^__Host-sluice-.*; Secure$/);
});

test("a refusal comes with the edge's words and its wait", async () => {
  const refused = {
    status: 429,
    headers: { "retry-after": "120", "content-type": "application/problem+json" },
  };
  const edge = fakeEdge(() => new Response('{"code":"rate_limit_exceeded"}', refused));
  const answer = await signIn(attempt(RIGHT), edge.parts);
  assert.equal(answer.status, 429);
  assert.equal(answer.headers.get("retry-after"), "120");
  assert.equal((await answer.json()).code, "rate_limit_exceeded");
  assert.deepEqual(answer.headers.getSetCookie(), []);
});

test("what is no sign-in is not asked about", async () => {
  const edge = fakeEdge(() => tokens(token(), "r1"));
  for (const body of [
    "",
    "nonsense",
    "null",
    "[]",
    '{"username":1,"password":"x"}',
    '{"username":"ada"}',
  ]) {
    assert.equal((await signIn(attempt(body), edge.parts)).status, 400, body);
  }
  assert.equal((await signIn(attempt(`"${"x".repeat(20_000)}"`), edge.parts)).status, 413);
  assert.equal(
    (await signIn(attempt(RIGHT, { origin: "http://evil.test" }), edge.parts)).status,
    403,
  );
  assert.equal(edge.asked.length, 0);
});

const out = (cookie: string) => pageRequest("/api/session", { method: "DELETE", cookie });

test("signing out ends the session at the edge, and the cookies go", async () => {
  const edge = fakeEdge(() => new Response(null, { status: 204 }));
  const answer = await signOut(out(`sluice-access=${token()}; sluice-refresh=r1`), edge.parts);
  assert.equal(answer.status, 204);
  assert.equal(edge.asked[0]?.path, "/logout");
  assert.equal(edge.asked[0]?.headers.authorization, `Bearer ${token()}`);
  assert.equal(edge.asked[0]?.body, '{"refresh_token":"r1"}');
  assert.equal(
    answer.headers.getSetCookie().every((cookie) => cookie.includes("Max-Age=0")),
    true,
  );
});

test("without an access token left, one is got to sign out with", async () => {
  const edge = fakeEdge(({ path }) =>
    path === "/refresh" ? tokens(token(), "r2") : new Response(null, { status: 204 }),
  );
  await signOut(out("sluice-refresh=r1"), edge.parts);
  assert.deepEqual(
    edge.asked.map(({ path, body }) => `${path} ${body}`),
    ['/refresh {"refresh_token":"r1"}', '/logout {"refresh_token":"r2"}'],
  );
});

test("with the edge away the browser is signed out all the same, and hears of it", async () => {
  const edge = fakeEdge(() => {
    throw new EdgeAway("refused");
  });
  const answer = await signOut(out(`sluice-access=${token()}; sluice-refresh=r1`), edge.parts);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.getSetCookie().length, 3);
});

test("so is it with an edge that cannot do it now", async () => {
  const edge = fakeEdge(() => new Response(null, { status: 503 }));
  for (const cookie of [`sluice-access=${token()}; sluice-refresh=r1`, "sluice-refresh=r2"]) {
    const answer = await signOut(out(cookie), edge.parts);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.getSetCookie().length, 3);
  }
});
