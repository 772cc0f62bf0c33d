// What was typed and not sent, by conversation, kept in this browser and bounded.

const KEY = "sluice-drafts";
const MAX_DRAFTS = 30;
const MAX_CHARACTERS = 20_000;

type Kept = [conversation: string, text: string][];

export class DraftStore {
  constructor(private readonly storage: () => Storage | null) {}

  get(conversation: string): string {
    return this.read().find(([id]) => id === conversation)?.[1] ?? "";
  }

  /** An empty text forgets it; of too many, the oldest go. */
  set(conversation: string, text: string): void {
    const others = this.read().filter(([id]) => id !== conversation);
    const kept: Kept = text.trim()
      ? [...others, [conversation, text.slice(0, MAX_CHARACTERS)]]
      : others;
    try {
      this.storage()?.setItem(KEY, JSON.stringify(kept.slice(-MAX_DRAFTS)));
    } catch {
      // A full or forbidden store: a draft lasts as long as its page.
    }
  }

  private read(): Kept {
    try {
      const kept: unknown = JSON.parse(this.storage()?.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isEntry) : [];
    } catch {
      return [];
    }
  }
}

function isEntry(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string";
}

/** Null on the server, and where the browser forbids it. */
export function browserStorage(): Storage | null {
  try {
    return typeof window === "undefined" ? null : window.localStorage;
  } catch {
    return null;
  }
}
