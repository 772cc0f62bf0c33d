// Requests as a browser of ours sends them, and an edge whose answers a test decides.

import type { EdgeRequest } from "../server/edge";
import { build, type Parts } from "../server/wiring";

export const ORIGIN = "http://sluice.test:3000";

export function pageRequest(path: string, init: RequestInit & { cookie?: string } = {}): Request {
  const { cookie, ...rest } = init;
  const headers = new Headers({
    host: new URL(ORIGIN).host,
    origin: ORIGIN,
    "sec-fetch-site": "same-origin",
    "x-sluice-web": "1",
  });
  if (cookie) headers.set("cookie", cookie);
  new Headers(init.headers).forEach((value, name) => {
    if (value) headers.set(name, value);
    else headers.delete(name);
  });
  return new Request(`${ORIGIN}${path}`, { ...rest, headers, duplex: "half" } as RequestInit);
}

export function token(name = "ada", mark = ""): string {
  return `head.${Buffer.from(JSON.stringify({ name, mark })).toString("base64url")}.signature`;
}

export interface FakeEdge {
  parts: Parts;
  asked: EdgeRequest[];
}

/** `answers` is asked for every request; the edge's own routes for tokens are among them. */
export function fakeEdge(
  answers: (request: EdgeRequest) => Response | Promise<Response>,
  heldBytes?: number,
): FakeEdge {
  const asked: EdgeRequest[] = [];
  const parts = build(async (request) => {
    asked.push(request);
    return answers(request);
  }, heldBytes);
  return { parts, asked };
}

export function tokens(access: string, refresh: string): Response {
  return Response.json({
    access_token: access,
    refresh_token: refresh,
    expires_in: 600,
    token_type: "bearer",
  });
}
