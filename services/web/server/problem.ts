// Errors of the web's own, as the edge has them: RFC 9457.

export interface Problem {
  status: number;
  code: string;
  detail: string;
  retryAfterS?: number;
}

export function problemResponse(problem: Problem, headers: Headers = new Headers()): Response {
  const { status, code, detail, retryAfterS } = problem;
  headers.set("content-type", "application/problem+json");
  headers.set("cache-control", "no-store");
  if (retryAfterS !== undefined) headers.set("retry-after", String(retryAfterS));
  const title = code.replaceAll("_", " ");
  const body = {
    type: "about:blank",
    title: title.charAt(0).toUpperCase() + title.slice(1),
    status,
    code,
    detail,
  };
  return new Response(JSON.stringify(body), { status, headers });
}

export const AWAY: Problem = {
  status: 503,
  code: "edge_away",
  detail: "Sluice's API cannot be reached.",
  retryAfterS: 2,
};
export const FULL: Problem = {
  status: 503,
  code: "web_full",
  detail: "Too much is being sent at the moment.",
  retryAfterS: 2,
};
export const SIGNED_OUT: Problem = {
  status: 401,
  code: "signed_out",
  detail: "You are not signed in, or not any more.",
};
export const FOREIGN: Problem = {
  status: 403,
  code: "foreign_origin",
  detail: "The request comes from another site.",
};
export const NO_ROUTE: Problem = {
  status: 404,
  code: "not_found",
  detail: "There is no such route.",
};
export const NO_METHOD: Problem = {
  status: 405,
  code: "method_not_allowed",
  detail: "The route does not take this method.",
};
export const TOO_LARGE: Problem = {
  status: 413,
  code: "too_large",
  detail: "The body is too large.",
};
