// One request of a browser passed to the edge, and the edge's answer passed back as it comes.

import { boundedBody, NoRoom, TooLarge } from "./body";
import { clearedCookies, readCookies, sessionCookies } from "./cookies";
import { NO_CONTENT_POLICY } from "./csp";
import { isHttps, isOurs } from "./csrf";
import { EdgeAway, PATIENCE_MS } from "./edge";
import {
  AWAY,
  FOREIGN,
  FULL,
  NO_METHOD,
  NO_ROUTE,
  type Problem,
  problemResponse,
  SIGNED_OUT,
  TOO_LARGE,
} from "./problem";
import { findRoute } from "./routes";
import type { Session } from "./session";
import { bodyLimits } from "./settings";
import type { Parts } from "./wiring";

const PASSED_ON = ["accept", "content-type", "x-request-id", "traceparent", "tracestate"];
const PASSED_BACK = [
  "allow",
  "content-disposition",
  "content-type",
  "retry-after",
  "x-request-id",
  "x-sluice-chat-id",
  "x-sluice-error",
  "x-sluice-message-id",
  "x-vercel-ai-ui-message-stream",
];
/** Sent where the sign-in was renewed while a body was on its way that cannot be sent twice. */
const AGAIN: Problem = {
  status: 503,
  code: "session_renewed",
  detail: "The sign-in was renewed meanwhile; send it again.",
  retryAfterS: 1,
};

export async function forward(
  request: Request,
  segments: string[],
  parts: Parts,
): Promise<Response> {
  if (!isOurs(request)) return problemResponse(FOREIGN);
  const found = findRoute(request.method, segments);
  if (found === "no-route") return problemResponse(NO_ROUTE);
  if (found === "no-method") return problemResponse(NO_METHOD);
  try {
    const limits = bodyLimits();
    const path = found.path + new URL(request.url).search;
    const pass = (held: Uint8Array<ArrayBuffer> | null, streamed: Streamed = null) =>
      new Passage(request, path, held, streamed, parts).answer();
    if (found.body === "none") return await pass(null);
    if (found.body === "document") return await pass(null, boundedBody(request, limits.document));
    return await parts.room.withBody(request, limits[found.body], pass);
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 }); // nobody reads it
    if (causedBy(error, TooLarge)) return problemResponse(TOO_LARGE);
    if (causedBy(error, NoRoom)) return problemResponse(FULL);
    if (causedBy(error, EdgeAway)) return problemResponse(AWAY);
    throw error;
  }
}

type Streamed = ReadableStream<Uint8Array> | null;

class Passage {
  private readonly https: boolean;
  private renewed: Session | undefined;

  constructor(
    private readonly request: Request,
    private readonly path: string,
    private readonly held: Uint8Array<ArrayBuffer> | null,
    private readonly streamed: Streamed,
    private readonly parts: Parts,
  ) {
    this.https = isHttps(request);
  }

  async answer(): Promise<Response> {
    const given = readCookies(this.request.headers.get("cookie"), this.https);
    if (!given.refresh) return this.signedOut();
    const access = given.access || (await this.renew(given.refresh));
    if (!access) return this.signedOut();
    const first = await this.ask(access);
    if (first.status !== 401) return this.passedBack(first);
    await first.body?.cancel();
    const second = this.renewed ? "" : await this.renew(given.refresh);
    if (!second) return this.signedOut();
    if (this.streamed) return problemResponse(AGAIN, this.ownHeaders());
    const answer = await this.ask(second);
    return answer.status === 401 ? this.signedOut() : this.passedBack(answer);
  }

  private async renew(refresh: string): Promise<string> {
    const session = await this.parts.sessions.renew(refresh);
    this.renewed = session ?? undefined;
    return session?.access ?? "";
  }

  private ask(access: string): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${access}` };
    for (const name of PASSED_ON) {
      const value = this.request.headers.get(name);
      if (value !== null) headers[name] = value;
    }
    return this.parts.ask({
      method: this.request.method,
      path: this.path,
      headers,
      body: this.streamed ?? (this.held?.byteLength ? this.held : null),
      signal: this.request.signal,
      patienceMs: PATIENCE_MS,
    });
  }

  private passedBack(answer: Response): Response {
    const headers = this.ownHeaders();
    for (const name of PASSED_BACK) {
      const value = answer.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    return new Response(answer.body, { status: answer.status, headers });
  }

  private signedOut(): Response {
    const headers = new Headers();
    for (const cookie of clearedCookies(this.https)) headers.append("set-cookie", cookie);
    return problemResponse(SIGNED_OUT, headers);
  }

  /** Nothing between here and the page may hold a stream back, to compress it or for any reason. */
  private ownHeaders(): Headers {
    const headers = new Headers({
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "content-security-policy": NO_CONTENT_POLICY,
    });
    if (this.renewed) {
      for (const cookie of sessionCookies(this.renewed, this.https))
        headers.append("set-cookie", cookie);
    }
    return headers;
  }
}

function causedBy(error: unknown, kind: new () => Error): boolean {
  if (error instanceof kind) return true;
  return error instanceof Error && causedBy(error.cause, kind);
}
