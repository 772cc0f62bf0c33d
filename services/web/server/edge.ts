// The web's connection to the edge. Everything that it asks of the edge goes through here.

import { Agent, fetch, type RequestInit } from "undici";
import { edgeUrl } from "./settings";

const CONNECT_MS = 1_000; // longer ones undici counts in steps of half a second
/** Until an answer's head. Also that of a stream: the edge begins it in seconds, though its job waits for its turn. */
export const PATIENCE_MS = 30_000;

/** Nobody listens there, or nobody answers, or what it needs is away. */
export class EdgeAway extends Error {}

export interface EdgeRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: BodyInit | null;
  signal?: AbortSignal;
  patienceMs: number;
}

export type AskEdge = (request: EdgeRequest) => Promise<Response>;

/**
 * Streams both ways. `signal` ends the request and then its answer, and the edge sees the connection close.
 * Raises `EdgeAway`, or the signal's reason.
 */
export function edgeClient(): AskEdge {
  const agent = new Agent({
    connect: { timeout: CONNECT_MS },
    headersTimeout: 0, // patience is counted here, by route
    bodyTimeout: 60_000, // a silent stream has a keep-alive every few seconds
    pipelining: 1,
  });
  return async ({ method, path, headers, body, signal, patienceMs }) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(new EdgeAway("no answer in time")), patienceMs);
    const init: RequestInit = {
      method,
      headers: { "accept-encoding": "identity", ...headers },
      body: body as RequestInit["body"],
      duplex: "half",
      redirect: "manual",
      signal: AbortSignal.any([patience.signal, ...(signal ? [signal] : [])]),
      dispatcher: agent,
    };
    try {
      return (await fetch(`${edgeUrl()}${path}`, init)) as unknown as Response;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof EdgeAway ? error : new EdgeAway("the edge is away", { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
}
