export const SIDEBAR_COOKIE = "sluice-sidebar";

/** So that the next page is painted with the sidebar as it was left. */
export function keepSidebar(open: boolean): void {
  // biome-ignore lint/suspicious/noDocumentCookie: cookieStore is not in all browsers that we serve
  document.cookie = `${SIDEBAR_COOKIE}=${open ? "open" : "closed"}; path=/; max-age=31536000; samesite=lax`;
}
