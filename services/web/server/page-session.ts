import { readCookies } from "./cookies";
import { isHttps } from "./csrf";

/** The name of whoever is signed in, for a page to show. */
export function readSessionName(headers: Headers): string {
  return readCookies(headers.get("cookie"), isHttps({ headers })).name;
}
