import { browserStorage, forgetPrivate } from "@/lib/browser/storage";
import { leaveForSignIn, ourFetch, sendJson } from "./fetching";

/** Raises `ApiError`: 401 for wrong words, 429 with `retryAfterS` for too many tries. */
export async function signIn(username: string, password: string): Promise<void> {
  await sendJson("POST", "/api/session", { username, password });
}

export async function signOut(): Promise<void> {
  await ourFetch("/api/session", { method: "DELETE" });
  forgetPrivate(browserStorage());
  window.location.assign("/sign-in?reason=signed-out");
}

export { leaveForSignIn };
