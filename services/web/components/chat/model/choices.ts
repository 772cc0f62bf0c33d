// What a reader has chosen for all questions to come, kept in this browser.

export interface Choices {
  /** Empty: the edge's own. */
  model: string;
  retrieval: boolean;
}

const KEY = "sluice-choices";
const OTHERWISE: Choices = { model: "", retrieval: true };

export class ChoiceStore {
  private chosen: Choices | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly storage: () => Storage | null) {}

  get = (): Choices => {
    this.chosen ??= this.read();
    return this.chosen;
  };

  choose(part: Partial<Choices>): void {
    this.chosen = { ...this.get(), ...part };
    try {
      this.storage()?.setItem(KEY, JSON.stringify(this.chosen));
    } catch {
      // A full or forbidden store: the choice holds for this page.
    }
    for (const listener of this.listeners) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private read(): Choices {
    try {
      const kept = JSON.parse(this.storage()?.getItem(KEY) ?? "{}") as Partial<Choices>;
      return {
        model: typeof kept.model === "string" ? kept.model : OTHERWISE.model,
        retrieval: typeof kept.retrieval === "boolean" ? kept.retrieval : OTHERWISE.retrieval,
      };
    } catch {
      return OTHERWISE;
    }
  }
}
