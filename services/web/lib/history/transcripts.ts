// Conversations that were read already, or are likely to be opened next: switching to them waits for nothing.

import { readConversation, type Transcript } from "../api/conversations";

const KEPT = 24;
const FRESH_MS = 15_000;
const AHEAD_AT_ONCE = 2;

interface Entry {
  transcript: Transcript;
  readAtMs: number;
}

/**
 * The chat shows `peek(id)` at once, where there is one, and `read(id)` as soon as it is there; it `put`s what it learns
 * otherwise, and calls `forget(id)` when a message was added.
 */
export class Transcripts {
  private readonly kept = new Map<string, Entry>();
  private readonly reading = new Map<string, Promise<Transcript>>();
  private ahead = 0;

  constructor(
    private readonly fetchOne: (id: string) => Promise<Transcript> = readConversation,
    private readonly clock: () => number = Date.now,
  ) {}

  /** What was read last, however long ago. */
  peek(id: string): Transcript | undefined {
    return this.kept.get(id)?.transcript;
  }

  /** Asks the edge, unless it was read less than `maxAgeMs` ago; two who ask at once share the answer. */
  read(id: string, maxAgeMs = 0): Promise<Transcript> {
    const entry = this.kept.get(id);
    if (entry && this.clock() - entry.readAtMs < maxAgeMs) return Promise.resolve(entry.transcript);
    const begun = this.reading.get(id);
    if (begun) return begun;
    const reading = this.fetchOne(id)
      .then((transcript) => {
        if (this.reading.get(id) === reading) this.put(id, transcript);
        return transcript;
      })
      .finally(() => {
        if (this.reading.get(id) === reading) this.reading.delete(id);
      });
    this.reading.set(id, reading);
    return reading;
  }

  /** For what is pointed at. It failing is no matter: opening it will tell. */
  prefetch(id: string): void {
    const entry = this.kept.get(id);
    if (entry && this.clock() - entry.readAtMs < FRESH_MS) return;
    if (this.ahead >= AHEAD_AT_ONCE || this.reading.has(id)) return;
    this.ahead += 1;
    const done = () => {
      this.ahead -= 1;
    };
    this.read(id).then(done, done);
  }

  put(id: string, transcript: Transcript): void {
    this.kept.delete(id);
    this.kept.set(id, { transcript, readAtMs: this.clock() });
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
  }

  forget(id: string): void {
    this.kept.delete(id);
    this.reading.delete(id);
  }
}
