import assert from "node:assert/strict";
import { test } from "node:test";
import { EdgeAway } from "../server/edge";
import { forward } from "../server/forward";
import { fakeEdge, pageRequest, token, tokens } from "./requests";

const SIGNED_IN = `sluice-access=${token()}; sluice-refresh=r1; sluice-name=ada`;
const MODELS = ["v1", "models"];
const CHAT = ["v1", "chat"];

function cookiesOf(answer: Response): string[] {
  return answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0] ?? "");
}

test("a request goes on with the token, its query and its body, and with no cookie", async () => {
  const edge = fakeEdge(() => Response.json({ ok: true }));
  const request = pageRequest("/api/edge/v1/chat?limit=2", {
    method: "POST",
    cookie: SIGNED_IN,
    body: '{"id":"c1"}',
    headers: { "content-type": "application/json", "x-forwarded-for": "10.0.0.1" },
  });
  const answer = await forward(request, CHAT, edge.parts);
  const [asked] = edge.asked;
  assert.equal(answer.status, 200);
  assert.equal(asked?.path, "/v1/chat?limit=2");
  assert.equal(Buffer.from(asked?.body as Uint8Array).toString(), '{"id":"c1"}');
  assert.deepEqual(asked?.headers, {
    authorization: `Bearer ${token()}`,
    "content-type": "application/json",
  });
});

test("an answer comes back with the headers that a page needs, and those that keep it unbuffered", async () => {
  const edge = fakeEdge(
    () =>
      new Response("data", {
        headers: { "x-sluice-chat-id": "c1", server: "granian", "set-cookie": "a=b" },
      }),
  );
  const answer = await forward(pageRequest("/x", { cookie: SIGNED_IN }), MODELS, edge.parts);
  assert.equal(answer.headers.get("x-sluice-chat-id"), "c1");
  assert.equal(answer.headers.get("cache-control"), "no-store, no-transform");
  assert.equal(answer.headers.get("x-accel-buffering"), "no");
  assert.equal(answer.headers.get("server"), null);
  assert.deepEqual(answer.headers.getSetCookie(), []);
});

test("without an access token the session is renewed first, for all who come at once", async () => {
  const edge = fakeEdge(({ path }) =>
    path === "/refresh" ? tokens(token("ada", "new"), "r2") : Response.json({}),
  );
  const cookie = "sluice-refresh=r1";
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => forward(pageRequest("/x", { cookie }), MODELS, edge.parts)),
  );
  assert.equal(edge.asked.filter(({ path }) => path === "/refresh").length, 1);
  for (const answer of answers) {
    assert.deepEqual(cookiesOf(answer), [
      `sluice-access=${token("ada", "new")}`,
      "sluice-refresh=r2",
      "sluice-name=ada",
    ]);
  }
});

test("a token that the edge refuses is renewed, and the request sent again with its body", async () => {
  const edge = fakeEdge(({ path, headers }) => {
    if (path === "/refresh") return tokens(token("ada", "new"), "r2");
    const stale = headers.authorization === `Bearer ${token()}`;
    return new Response(null, { status: stale ? 401 : 204 });
  });
  const request = pageRequest("/x", { method: "POST", cookie: SIGNED_IN, body: "{}" });
  const answer = await forward(request, CHAT, edge.parts);
  assert.equal(answer.status, 204);
  assert.equal(cookiesOf(answer).length, 3);
  assert.deepEqual(
    edge.asked.map(({ path, body }) => [path, path === "/v1/chat" ? String(body) : ""]),
    [
      ["/v1/chat", String(Buffer.from("{}").toJSON().data)],
      ["/refresh", ""],
      ["/v1/chat", String(Buffer.from("{}").toJSON().data)],
    ],
  );
});

test("an upload, which cannot be sent twice, is asked for again", async () => {
  const edge = fakeEdge(({ path }) =>
    path === "/refresh" ? tokens(token(), "r2") : new Response(null, { status: 401 }),
  );
  const request = pageRequest("/x", { method: "POST", cookie: SIGNED_IN, body: "file" });
  const answer = await forward(request, ["v1", "documents"], edge.parts);
  assert.equal(answer.status, 503);
  assert.equal((await answer.json()).code, "session_renewed");
  assert.equal(cookiesOf(answer).length, 3);
});

test("who was signed out elsewhere is told so, and the cookies go", async () => {
  const edge = fakeEdge(() => new Response(null, { status: 401 }));
  const answer = await forward(pageRequest("/x", { cookie: SIGNED_IN }), MODELS, edge.parts);
  assert.equal(answer.status, 401);
  assert.equal((await answer.json()).code, "signed_out");
  assert.deepEqual(cookiesOf(answer), ["sluice-access=", "sluice-refresh=", "sluice-name="]);
});

test("without a session the edge is not asked", async () => {
  const edge = fakeEdge(() => Response.json({}));
  const answer = await forward(pageRequest("/x"), MODELS, edge.parts);
  assert.equal(answer.status, 401);
  assert.equal(edge.asked.length, 0);
});

test("foreign requests, unknown routes and other methods are refused before anything is asked", async () => {
  const edge = fakeEdge(() => Response.json({}));
  const status = async (request: Request, path: string[]) =>
    (await forward(request, path, edge.parts)).status;
  const foreign = pageRequest("/x", {
    method: "POST",
    cookie: SIGNED_IN,
    headers: { origin: "http://evil.test" },
  });
  assert.equal(await status(foreign, CHAT), 403);
  assert.equal(await status(pageRequest("/x", { cookie: SIGNED_IN }), ["login"]), 404);
  assert.equal(await status(pageRequest("/x", { method: "DELETE", cookie: SIGNED_IN }), CHAT), 405);
  assert.equal(edge.asked.length, 0);
});

test("a body is bounded, whether it says its size or not", async () => {
  const edge = fakeEdge(async ({ body }) => {
    if (body instanceof ReadableStream) for await (const _ of body);
    return Response.json({});
  });
  const big = new Uint8Array(4 * 1024 * 1024 + 1);
  const post = (body: Uint8Array<ArrayBuffer>) =>
    pageRequest("/x", { method: "POST", cookie: SIGNED_IN, body });
  const search = ["v1", "search"];
  const files = new Uint8Array(12 * 1024 * 1024 + 1); // a question's own
  assert.equal((await forward(post(big), search, edge.parts)).status, 413);
  assert.equal((await forward(post(big), CHAT, edge.parts)).status, 200);
  assert.equal((await forward(post(files), CHAT, edge.parts)).status, 413);
  const document = pageRequest("/x", {
    method: "POST",
    cookie: SIGNED_IN,
    body: new ReadableStream({
      pull(controller) {
        controller.enqueue(big); // without end
      },
    }),
  });
  assert.equal((await forward(document, ["v1", "documents"], edge.parts)).status, 413);
});

test("bodies that are held at once are bounded together, and their room comes back", async () => {
  let answer: () => void = () => {};
  const edge = fakeEdge(
    () =>
      new Promise((resolve) => {
        answer = () => resolve(Response.json({}));
      }),
    1_500,
  );
  const post = () =>
    pageRequest("/x", { method: "POST", cookie: SIGNED_IN, body: new Uint8Array(1_000) });
  const first = forward(post(), CHAT, edge.parts);
  while (edge.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const second = await forward(post(), CHAT, edge.parts);
  assert.equal(second.status, 503);
  assert.equal(second.headers.get("retry-after"), "2");
  answer();
  assert.equal((await first).status, 200);
  const third = forward(post(), CHAT, edge.parts);
  while (edge.asked.length === 1) await new Promise((resolve) => setTimeout(resolve, 1));
  answer();
  assert.equal((await third).status, 200);
});

test("an edge that is away is a 503 with a time to come back, also while the session is renewed", async () => {
  const edge = fakeEdge(() => {
    throw new EdgeAway("refused");
  });
  for (const cookie of [SIGNED_IN, "sluice-refresh=r1"]) {
    const answer = await forward(pageRequest("/x", { cookie }), MODELS, edge.parts);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "2");
    assert.equal((await answer.json()).code, "edge_away");
    assert.deepEqual(answer.headers.getSetCookie(), []);
  }
});

test("an edge that cannot renew a session now is a 503, and the session stays", async () => {
  const edge = fakeEdge(() => new Response(null, { status: 503 }));
  const answer = await forward(
    pageRequest("/api/edge/v1/models", { cookie: "sluice-refresh=r9" }),
    MODELS,
    edge.parts,
  );
  assert.equal(answer.status, 503);
  assert.equal((await answer.json()).code, "edge_away");
  assert.deepEqual(answer.headers.getSetCookie(), []);
});
