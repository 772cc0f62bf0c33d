// The cookies that a session lives in. No script can read them.

import type { Session } from "./session";

const NAMES = { access: "sluice-access", refresh: "sluice-refresh", name: "sluice-name" } as const;
/** How long the browser keeps a refresh token; the edge decides how long it is good for. */
const REFRESH_MAX_AGE_S = 30 * 86_400;
/** The browser drops an access token so long before its end, so that none expires on its way. */
const EARLY_S = 30;

export interface SessionCookies {
  access: string;
  refresh: string;
  /** Of the user, for showing. */
  name: string;
}

/** Over HTTPS the prefix has the browser refuse a cookie that another host of the domain, or plain HTTP, set. */
export function cookieName(kind: keyof SessionCookies, https: boolean): string {
  return https ? `__Host-${NAMES[kind]}` : NAMES[kind];
}

export function readCookies(header: string | null, https: boolean): SessionCookies {
  const found = new Map<string, string>();
  for (const pair of (header ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0) found.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  const read = (kind: keyof SessionCookies) => found.get(cookieName(kind, https)) ?? "";
  return { access: read("access"), refresh: read("refresh"), name: decoded(read("name")) };
}

export function sessionCookies(session: Session, https: boolean): string[] {
  return [
    cookie("access", session.access, Math.max(1, session.expiresInS - EARLY_S), https),
    cookie("refresh", session.refresh, REFRESH_MAX_AGE_S, https),
    cookie("name", encodeURIComponent(session.name), REFRESH_MAX_AGE_S, https),
  ];
}

export function clearedCookies(https: boolean): string[] {
  return (["access", "refresh", "name"] as const).map((kind) => cookie(kind, "", 0, https));
}

function cookie(
  kind: keyof SessionCookies,
  value: string,
  maxAgeS: number,
  https: boolean,
): string {
  const secure = https ? "; Secure" : "";
  return `${cookieName(kind, https)}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return ""; // not one of ours
  }
}
