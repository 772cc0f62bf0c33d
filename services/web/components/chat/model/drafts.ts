// What was typed and not sent, by conversation, kept in this browser for the user who typed it, and bounded.

import { PRIVATE } from "@/lib/browser/storage";

const KEY = `${PRIVATE}drafts`;
const MAX_DRAFTS = 30;
const MAX_CHARACTERS = 500_000;

type Kept = [conversation: string, text: string][];

export class DraftStore {
  private readonly key: string;
  private readonly listeners = new Set<(conversation: string) => void>();

  /** `user`: whose drafts these are; nobody else sees them. */
  constructor(
    private readonly storage: () => Storage | null,
    user: string,
  ) {
    this.key = `${KEY}:${user}`;
  }

  get(conversation: string): string {
    return this.read().find(([id]) => id === conversation)?.[1] ?? "";
  }

  /** An empty text forgets it; of too many, the oldest go. */
  set(conversation: string, text: string): void {
    const others = this.read().filter(([id]) => id !== conversation);
    const kept: Kept = text.trim() ? [...others, [conversation, text]] : others;
    try {
      this.storage()?.setItem(this.key, JSON.stringify(bounded(kept)));
    } catch {
      // A full or forbidden store: a draft lasts as long as its page.
    }
  }

  /** A question that is on its way: until it is `released`, it may have been typed for nothing. */
  hold(conversation: string, text: string): void {
    this.set(held(conversation), text);
  }

  release(conversation: string): void {
    if (this.get(held(conversation))) this.set(held(conversation), "");
  }

  /** Whether there is a question that did not arrive: it is a draft again. `arrived`: what did. */
  restore(conversation: string, arrived: readonly string[]): boolean {
    const text = this.get(held(conversation));
    this.release(conversation);
    if (!text || arrived.includes(text)) return false;
    if (!this.get(conversation)) this.set(conversation, text);
    for (const listener of this.listeners) listener(conversation);
    return true;
  }

  onRestored(listener: (conversation: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private read(): Kept {
    try {
      const kept: unknown = JSON.parse(this.storage()?.getItem(this.key) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isEntry) : [];
    } catch {
      return [];
    }
  }
}

function held(conversation: string): string {
  return `>${conversation}`;
}

function bounded(kept: Kept): Kept {
  const some = kept.slice(-MAX_DRAFTS);
  let characters = 0;
  const first = some.findLastIndex(([, text]) => {
    characters += text.length;
    return characters > MAX_CHARACTERS;
  });
  return some.slice(first + 1);
}

function isEntry(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string";
}
