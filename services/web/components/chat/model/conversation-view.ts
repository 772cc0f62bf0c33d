// What is shown of a conversation beside its messages.

export interface ConversationView {
  /** `new`: nothing has been asked. `missing`: it is not there, or another user's. */
  phase: "new" | "loading" | "ready" | "missing" | "failed";
  loadError: unknown;
  title: string;
  /** The connection was lost in mid-answer and is looked for. */
  reconnecting: boolean;
  stopping: boolean;
  /** Counts changes of the branches. */
  branches: number;
}

export const BLANK: ConversationView = {
  phase: "new",
  loadError: null,
  title: "",
  reconnecting: false,
  stopping: false,
  branches: 0,
};

export class View {
  private readonly listeners = new Set<() => void>();

  constructor(private shown: ConversationView) {}

  get(): ConversationView {
    return this.shown;
  }

  change(part: Partial<ConversationView>): void {
    this.shown = { ...this.shown, ...part };
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
