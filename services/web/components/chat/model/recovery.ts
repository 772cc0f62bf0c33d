// The way back to an answer after the connection was lost: by resuming it, again and again for a while; and where
// nothing is being written any more, by reading what was stored.

import { ApiError } from "@/lib/api/errors";
import { isPassing } from "./lost";
import { delayBefore, MAX_ATTEMPTS, type Network } from "./network";

const SETTLING_MS = [0, 400, 1_200, 2_500];

export interface Resumed {
  /** An answer was being written, and has come. */
  connected: boolean;
  error: unknown;
}

export interface RecoveryParts {
  network: Network;
  signal: AbortSignal;
  /** Resolves when the answer has ended, or there is none. */
  resume: () => Promise<Resumed>;
  /** Reads what is stored; whether that ends with an answer. */
  reload: () => Promise<boolean>;
  /** The answer's end is nowhere. */
  onMissing: () => void;
  onChange: (reconnecting: boolean) => void;
}

export class Recovery {
  private running: AbortController | null = null;

  constructor(private readonly parts: RecoveryParts) {}

  /** Begins to look for the connection, unless that is under way. */
  async begin(): Promise<void> {
    this.parts.onChange(true);
    if (this.running) return;
    await this.run((signal) => this.lookForIt(signal));
  }

  /** One look for an answer that is being written. `answered`: what is stored ends with an answer. */
  async catchUp(answered: boolean): Promise<void> {
    if (this.running) return;
    await this.run(async (signal) => {
      const { connected, error } = await this.parts.resume();
      if (isPassing(error)) await this.lookForIt(signal);
      else if (!connected && !error && !answered) await this.settle(signal);
    });
  }

  end(): void {
    this.running?.abort();
    this.running = null;
  }

  private async run(look: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const own = new AbortController();
    this.running = own;
    try {
      await look(AbortSignal.any([own.signal, this.parts.signal]));
    } finally {
      if (this.running === own) {
        this.running = null;
        this.parts.onChange(false);
      }
    }
  }

  private async lookForIt(signal: AbortSignal): Promise<void> {
    this.parts.onChange(true);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      await this.parts.network.pause(delayBefore(attempt), signal);
      if (signal.aborted) return;
      const { connected, error } = await this.parts.resume();
      if (signal.aborted) return;
      if (!connected && !error) return this.settle(signal);
      if (!isPassing(error)) return;
      if (connected) attempt = -1; // it was found, and lost again
      this.parts.onChange(true);
    }
  }

  /** An answer is stored a moment after its end. */
  private async settle(signal: AbortSignal): Promise<void> {
    for (const delayMs of SETTLING_MS) {
      await this.parts.network.pause(delayMs, signal);
      if (signal.aborted) return;
      if (await this.reload(signal)) return;
    }
    if (!signal.aborted) this.parts.onMissing();
  }

  private async reload(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.parts.reload();
    } catch (error) {
      if (!signal.aborted && !(error instanceof ApiError)) throw error;
      return false;
    }
  }
}
