import { type NextRequest, NextResponse } from "next/server";
import { readCookies } from "./server/cookies";
import { contentSecurityPolicy, newNonce } from "./server/csp";
import { isHttps } from "./server/csrf";

const SIGN_IN = "/sign-in";

/** Before each page: its policy, and to the sign-in page whoever has no session (which the edge may still refuse). */
export function proxy(request: NextRequest): NextResponse {
  const https = isHttps(request);
  const { pathname, search } = request.nextUrl;
  const signedIn = readCookies(request.headers.get("cookie"), https).refresh !== "";
  if (!signedIn && pathname !== SIGN_IN) {
    const to = request.nextUrl.clone();
    to.pathname = SIGN_IN;
    to.search = pathname === "/" ? "" : `?${new URLSearchParams({ next: pathname + search })}`;
    return NextResponse.redirect(to);
  }
  const policy = contentSecurityPolicy({
    nonce: newNonce(),
    https,
    development: process.env.NODE_ENV === "development",
  });
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy); // where Next finds the nonce for what it renders
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

export const config = { matcher: ["/((?!api/|_next/static/|icon.svg).*)"] };
