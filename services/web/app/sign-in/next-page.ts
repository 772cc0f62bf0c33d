/** Where to go after signing in: a page of ours, whatever the address says. */
export function safeNext(next: string): string {
  if (!next.startsWith("/") || next.startsWith("//") || next.includes("\\")) return "/";
  const url = new URL(next, window.location.origin);
  const leads = url.origin === window.location.origin && url.pathname !== "/sign-in";
  return leads ? url.pathname + url.search : "/";
}
