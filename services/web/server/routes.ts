// Which of the edge's routes a browser may reach, and with what body. What is not named here is not there.

export type Body = "none" | "json" | "chat" | "document";

interface Route {
  method: string;
  pattern: RegExp;
  body: Body;
}

const ID = "[A-Za-z0-9_-]{1,128}";

const ROUTES: Route[] = [
  route("POST", "/v1/chat", "chat"),
  route("GET", `/v1/chat/${ID}/stream`),
  route("POST", `/v1/chat/${ID}/stop`, "json"),
  route("GET", "/v1/models"),
  route("GET", "/v1/conversations"),
  route("GET", "/v1/conversations/search"),
  route("GET", `/v1/conversations/${ID}`),
  route("PATCH", `/v1/conversations/${ID}`, "json"),
  route("DELETE", `/v1/conversations/${ID}`),
  route("POST", `/v1/conversations/${ID}/restore`, "json"),
  route("GET", `/v1/conversations/${ID}/export`),
  route("GET", "/v1/documents"),
  route("POST", "/v1/documents", "document"),
  route("GET", `/v1/documents/${ID}`),
  route("DELETE", `/v1/documents/${ID}`),
  route("GET", `/v1/documents/${ID}/passages/[0-9]{1,9}`),
  route("POST", "/v1/search", "json"),
];

export type Found = { path: string; body: Body } | "no-route" | "no-method";

/**
 * `segments` as the router decoded them, or not: each must be plain, so that no dot, slash or escape of any kind gets by.
 */
export function findRoute(method: string, segments: string[]): Found {
  const path = `/${segments.join("/")}`;
  const there = ROUTES.filter(({ pattern }) => pattern.test(path));
  if (there.length === 0) return "no-route";
  const asked = method === "HEAD" ? "GET" : method;
  const found = there.find((candidate) => candidate.method === asked);
  return found ? { path, body: found.body } : "no-method";
}

function route(method: string, path: string, body: Body = "none"): Route {
  return { method, pattern: new RegExp(`^${path}$`), body };
}
