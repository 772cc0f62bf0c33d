// Whether a request comes from our own pages. Cookies alone do not say: a browser sends them for any page of the site.

import { publicOrigin } from "./settings";

export const WEB_HEADER = "x-sluice-web";
/** Methods that change nothing. */
const SAFE = new Set(["GET", "HEAD"]);

/**
 * The header cannot be sent across origins without our consent (a preflight, which nothing here answers); `Origin` and
 * `Sec-Fetch-Site` are the browser's own word. All of what there is must agree.
 */
export function isOurs(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (SAFE.has(request.method)) return site === null || site === "same-origin" || site === "none";
  if (site !== null && site !== "same-origin") return false;
  const origin = request.headers.get("origin");
  if (origin === null || origin !== ownOrigin(request)) return false;
  return request.headers.get(WEB_HEADER) !== null;
}

/** The origin that the browser must name: the configured one, else the one it spoke to. */
export function ownOrigin(request: Request): string {
  const configured = publicOrigin();
  if (configured) return configured;
  const host = request.headers.get("host") ?? "";
  return `${isHttps(request) ? "https" : "http"}://${host.toLowerCase()}`;
}

/** A proxy that ends TLS says so; who lies about it harms only their own cookies. */
export function isHttps(request: { headers: Headers }): boolean {
  const configured = publicOrigin();
  if (configured) return configured.startsWith("https:");
  return request.headers.get("x-forwarded-proto")?.split(",")[0]?.trim() === "https";
}
