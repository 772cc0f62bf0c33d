// What a page keeps in the browser.

/** Keys of what belongs to a user begin so. Whoever signs out leaves none of it behind. */
export const PRIVATE = "sluice-private:";

/** Null on the server, and where the browser forbids it. */
export function browserStorage(): Storage | null {
  try {
    return typeof window === "undefined" ? null : window.localStorage;
  } catch {
    return null;
  }
}

export function forgetPrivate(storage: Storage | null): void {
  try {
    const keys = Object.keys(storage ?? {}).filter((key) => key.startsWith(PRIVATE));
    for (const key of keys) storage?.removeItem(key);
  } catch {
    // A forbidden store keeps nothing.
  }
}
