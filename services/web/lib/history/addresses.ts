// The addresses of the pages that the history leads to.

/** With a message, the page shows the branch that holds it, and scrolls to it. */
export function conversationHref(id: string, message = ""): string {
  const query = message ? `?${new URLSearchParams({ [MESSAGE_PARAMETER]: message })}` : "";
  return `/c/${encodeURIComponent(id)}${query}`;
}

export const MESSAGE_PARAMETER = "message";

/** The conversation that a path shows; empty for every other page. */
export function conversationOf(pathname: string): string {
  const found = /^\/c\/([^/]+)\/?$/.exec(pathname)?.[1] ?? "";
  try {
    return decodeURIComponent(found);
  } catch {
    return ""; // an address that somebody wrote
  }
}

export function knowledgeHref(document = ""): string {
  return document ? `/knowledge?${new URLSearchParams({ document })}` : "/knowledge";
}
