import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ask, Sessions } from "../server/session";
import { token, tokens } from "./requests";

function counting(
  answer: (path: string, body: Record<string, string>) => Response | Promise<Response>,
) {
  const bodies: Record<string, string>[] = [];
  const ask: Ask = async (path, body) => {
    bodies.push(body as Record<string, string>);
    return answer(path, body as Record<string, string>);
  };
  return { ask, bodies };
}

test("however many requests bring a refresh token, it is spent once", async () => {
  const edge = counting(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return tokens(token(), "r2");
  });
  const sessions = new Sessions(edge.ask);
  const renewed = await Promise.all(Array.from({ length: 50 }, () => sessions.renew("r1")));
  const later = await sessions.renew("r1"); // sent before its tab had the new cookies
  assert.equal(edge.bodies.length, 1);
  assert.deepEqual(
    new Set([...renewed, later].map((session) => session?.refresh)),
    new Set(["r2"]),
  );
  assert.equal(later?.name, "ada");
});

test("a renewed session is forgotten in time", async () => {
  const edge = counting(() => tokens(token(), "r2"));
  const drops: [() => void, number][] = [];
  const sessions = new Sessions(edge.ask, (drop, afterMs) => drops.push([drop, afterMs]));
  await sessions.renew("r1");
  assert.deepEqual(
    drops.map(([, afterMs]) => afterMs),
    [60_000],
  );
  drops[0]?.[0]();
  await sessions.renew("r1");
  assert.equal(edge.bodies.length, 2);
});

test("a refused renewal is null, and is asked for again", async () => {
  const edge = counting(() => new Response(null, { status: 401 }));
  const sessions = new Sessions(edge.ask);
  assert.equal(await sessions.renew("r1"), null);
  assert.equal(await sessions.renew("r1"), null);
  assert.equal(edge.bodies.length, 2);
});

test("an edge that cannot decide is an error, and no end of the session", async () => {
  let calls = 0;
  const edge = counting(() => {
    calls += 1;
    return calls === 1 ? new Response(null, { status: 503 }) : tokens(token(), "r2");
  });
  const sessions = new Sessions(edge.ask);
  await assert.rejects(sessions.renew("r1"), /503/);
  assert.equal((await sessions.renew("r1"))?.refresh, "r2");
});

test("a refusal of a sign-in comes back as the edge said it", async () => {
  const edge = counting(() => new Response("no", { status: 429, headers: { "retry-after": "7" } }));
  const result = await new Sessions(edge.ask).signIn("ada", "wrong");
  assert.ok(result instanceof Response);
  assert.equal(result.headers.get("retry-after"), "7");
});
