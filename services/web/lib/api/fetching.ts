// Calls of the edge's API through the web's own server, and of its session.

import { ApiError, readError } from "./errors";

export { ApiError, wordsFor } from "./errors";

const OURS = { "x-sluice-web": "1" };

/** Where a route of the edge is for the browser: `edgePath("/v1/models")`. */
export function edgePath(
  path: string,
  query: Record<string, string | number | boolean | undefined> = {},
): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return `/api/edge${path}${search ? `?${search}` : ""}`;
}

/**
 * `fetch` for anything of ours, also as the AI SDK's transport takes it: raises `ApiError` for an answer that is no
 * success, and leaves for the sign-in page where the session has ended. An abort stays an `AbortError`.
 */
export const ourFetch: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  for (const [name, value] of Object.entries(OURS)) headers.set(name, value);
  let answer: Response;
  try {
    answer = await fetch(input, { ...init, headers });
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new ApiError(0, navigator.onLine ? "away" : "offline", String(error));
  }
  if (answer.ok) return answer;
  const error = await readError(answer);
  if (error.code === "signed_out") leaveForSignIn();
  throw error;
};

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ourFetch(path, { signal })).json() as Promise<T>;
}

/** The answer's JSON; nothing where it has no body. */
export async function sendJson<T = void>(
  method: "POST" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const answer = await ourFetch(path, {
    method,
    signal,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** The headers that a request made without `ourFetch` needs (an upload that shows its progress). */
export function ourHeaders(): Record<string, string> {
  return { ...OURS };
}

/** To the sign-in page, which says why, and comes back here. */
export function leaveForSignIn(): void {
  const { pathname, search } = window.location;
  if (pathname === "/sign-in") return;
  const query = new URLSearchParams({
    reason: "ended",
    ...(pathname === "/" ? {} : { next: pathname + search }),
  });
  window.location.assign(`/sign-in?${query}`);
}
