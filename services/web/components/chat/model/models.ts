// The models that there are, for as long as the page is open: workers come and go.

import type { ChatModel } from "@/lib/api/models";
import type { ChoiceStore } from "./choices";
import type { Asking } from "./transport";

const AGAIN_MS = 10_000;

export class ModelStore {
  private models: ChatModel[] | null = null;
  private reading: Promise<void> | null = null;
  private readAt = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly readModels: () => Promise<ChatModel[]>,
    private readonly choices: ChoiceStore,
  ) {}

  /** Null until they are known. */
  get = (): ChatModel[] | null => this.models;

  /** What answers the next question: the chosen one, or while that is not there the edge's default. */
  current = (): ChatModel | undefined => currentOf(this.models, this.choices.get().model);

  /** A model that has gone is not asked; pictures are refused only where it is known that nobody sees them. */
  asking = (): Asking => {
    const { model, retrieval } = this.choices.get();
    const current = this.current();
    const served = !current || current.id === model;
    return { model: served ? model : "", retrieval, pictures: current?.takesPictures ?? true };
  };

  /** Not more often than every few seconds, unless it is `urgent`. Where nobody answers, what was known stays. */
  refresh = (urgent = false): Promise<void> => {
    if (!this.reading && (urgent || Date.now() - this.readAt > AGAIN_MS)) {
      this.reading = this.read().finally(() => {
        this.reading = null;
      });
    }
    return this.reading ?? Promise.resolve();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private async read(): Promise<void> {
    try {
      this.models = await this.readModels();
      this.readAt = Date.now();
    } catch {
      return; // the edge is away, which a question will tell; the next look tries again
    }
    for (const listener of this.listeners) listener();
  }
}

export function currentOf(models: ChatModel[] | null, chosen: string): ChatModel | undefined {
  return models?.find(({ id }) => id === chosen) ?? models?.[0];
}
