// What `/api/session` does: signing in and out, with the tokens in cookies.

import { NoRoom, TooLarge } from "./body";
import { clearedCookies, readCookies, sessionCookies } from "./cookies";
import { isHttps, isOurs } from "./csrf";
import { EdgeAway } from "./edge";
import { AWAY, FOREIGN, FULL, problemResponse, TOO_LARGE } from "./problem";
import type { Parts } from "./wiring";

const MAX_BYTES = 16 * 1024;
const INVALID = {
  status: 400,
  code: "invalid_request",
  detail: "A user name and a password are needed.",
};

export async function signIn(request: Request, { sessions, room }: Parts): Promise<Response> {
  if (!isOurs(request)) return problemResponse(FOREIGN);
  try {
    const given = await room.withBody(request, MAX_BYTES, async (body) => credentials(body));
    if (!given) return problemResponse(INVALID);
    const result = await sessions.signIn(given.username, given.password);
    if (result instanceof Error || "status" in result) return refusal(result as Response);
    return withCookies(204, sessionCookies(result, isHttps(request)));
  } catch (error) {
    return problemOf(error);
  }
}

/** The cookies go whatever the edge says: whoever signs out of this browser is out of it. */
export async function signOut(request: Request, { sessions }: Parts): Promise<Response> {
  if (!isOurs(request)) return problemResponse(FOREIGN);
  const https = isHttps(request);
  const { access, refresh } = readCookies(request.headers.get("cookie"), https);
  try {
    const session = access || !refresh ? null : await sessions.renew(refresh);
    const token = access || session?.access;
    if (token) await sessions.signOut(token, session?.refresh ?? refresh);
    return withCookies(204, clearedCookies(https));
  } catch (error) {
    const answer = problemOf(error);
    for (const cookie of clearedCookies(https)) answer.headers.append("set-cookie", cookie);
    return answer;
  }
}

/** The edge's own words go to the page, less the headers of its connection. */
async function refusal(answer: Response): Promise<Response> {
  const headers = new Headers({ "cache-control": "no-store" });
  for (const name of ["content-type", "retry-after"]) {
    const value = answer.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(await answer.text(), { status: answer.status, headers });
}

function credentials(body: Uint8Array): { username: string; password: string } | null {
  let given: unknown;
  try {
    given = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return null;
  }
  const { username, password } = (given ?? {}) as Record<string, unknown>;
  return typeof username === "string" && typeof password === "string"
    ? { username, password }
    : null;
}

function withCookies(status: number, cookies: string[]): Response {
  const headers = new Headers({ "cache-control": "no-store" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status, headers });
}

function problemOf(error: unknown): Response {
  if (error instanceof TooLarge) return problemResponse(TOO_LARGE);
  if (error instanceof NoRoom) return problemResponse(FULL);
  if (error instanceof EdgeAway) return problemResponse(AWAY);
  throw error;
}
