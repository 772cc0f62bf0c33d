// Waiting for the network: longer each time, and not at all while the browser knows that there is none.

export interface Network {
  /** Resolves after `delayMs` or as soon as the network is back; never while it is away. */
  pause(delayMs: number, signal: AbortSignal): Promise<void>;
}

export const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 8_000;
/** With the delays that this makes, some two minutes. */
export const MAX_ATTEMPTS = 20;

/** Doubles, to a bound, with up to a fifth more: many pages must not come back at one moment. */
export function delayBefore(attempt: number, chance: number = Math.random()): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS);
  return Math.round(delay * (1 + chance / 5));
}

export const browserNetwork: Network = {
  async pause(delayMs, signal) {
    const ended = new AbortController();
    const until = AbortSignal.any([signal, ended.signal]);
    await Promise.race([
      navigator.onLine ? after(delayMs, until) : new Promise<void>(() => {}),
      event(window, "online", until),
      event(signal, "abort", until),
    ]);
    ended.abort();
  },
};

function after(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}

function event(target: EventTarget, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (target instanceof AbortSignal && target.aborted) return resolve();
    // The signal that is waited for must not remove its own listener first.
    const options = target === signal ? { once: true } : { once: true, signal };
    target.addEventListener(name, () => resolve(), options);
  });
}
