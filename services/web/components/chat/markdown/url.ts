// Where links in an answer may lead. A model writes them, perhaps from a document that somebody else wrote.

const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The address as it may stand in the page; empty for one that may not. */
export function safeLink(url: string): string {
  const trimmed = url.trim();
  if (trimmed.startsWith("#")) return trimmed;
  try {
    return SCHEMES.has(new URL(trimmed).protocol) ? trimmed : "";
  } catch {
    return ""; // relative to what? An answer has no address
  }
}

/** Only pictures that are in the text itself: one from a host would tell the host what is read here, and when. */
export function safePicture(url: string): string {
  return /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/.test(url) ? url : "";
}

export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
