// Files that were given to be uploaded: two at a time, each with how far it is, or why it did not get there.

import type { KnowledgeDocument } from "../api/documents";
import { ApiError } from "../api/errors";
import { type Reason, reasonOf, refusal } from "./reasons";
import { type Send, sendDocument } from "./send";

export type Upload = {
  key: string;
  name: string;
  /** In bytes. */
  size: number;
} & (
  | { state: "waiting" }
  /** 0 to 1; at 1 the edge has yet to answer. */
  | { state: "sending"; share: number }
  /** Null: not the file's fault, so it can be sent again; `error` says what was. */
  | { state: "failed"; reason: Reason | null; error: unknown }
);

const AT_ONCE = 2;
export const MOST_FILES = 100;

export class UploadQueue {
  private uploads: Upload[] = [];
  private readonly files = new Map<string, File>();
  private readonly stops = new Map<string, AbortController>();
  private readonly listeners = new Set<() => void>();
  private made = 0;

  constructor(
    private readonly added: (document: KnowledgeDocument) => void,
    private readonly send: Send = sendDocument,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): readonly Upload[] => this.uploads;

  /** How many were left out, because too many wait. */
  add(files: readonly File[], limitBytes: number): number {
    const room = Math.max(0, MOST_FILES - this.uploads.length);
    const taken = files.slice(0, room).map((file) => this.entry(file, limitBytes));
    this.set([...this.uploads, ...taken]);
    this.next();
    return files.length - taken.length;
  }

  /** A folder, say: it is named, and why it is not taken. */
  refuse(name: string, reason: Reason): void {
    if (this.uploads.length >= MOST_FILES) return;
    this.made += 1;
    const upload: Upload = {
      key: `upload-${this.made}`,
      name,
      size: 0,
      state: "failed",
      reason,
      error: null,
    };
    this.set([...this.uploads, upload]);
  }

  retry(key: string): void {
    this.change(key, ({ name, size }) => ({ key, name, size, state: "waiting" }));
    this.next();
  }

  /** Taken off the list; what is on its way is stopped. */
  drop(key: string): void {
    this.stops.get(key)?.abort();
    this.files.delete(key);
    this.set(this.uploads.filter((upload) => upload.key !== key));
    this.next();
  }

  get busy(): boolean {
    return this.uploads.some(({ state }) => state !== "failed");
  }

  private entry(file: File, limitBytes: number): Upload {
    this.made += 1;
    const key = `upload-${this.made}`;
    const reason = refusal(file, limitBytes);
    const upload = { key, name: file.name, size: file.size };
    if (reason !== null) return { ...upload, state: "failed", reason, error: null };
    this.files.set(key, file);
    return { ...upload, state: "waiting" };
  }

  private next(): void {
    for (const { key, state } of this.uploads) {
      if (this.stops.size >= AT_ONCE) return;
      const file = this.files.get(key);
      if (state === "waiting" && file && !this.stops.has(key)) void this.run(key, file);
    }
  }

  private async run(key: string, file: File): Promise<void> {
    const stop = new AbortController();
    this.stops.set(key, stop);
    this.change(key, ({ name, size }) => ({ key, name, size, state: "sending", share: 0 }));
    try {
      const document = await this.sent(key, file, stop.signal);
      this.files.delete(key);
      this.added(document);
      this.set(this.uploads.filter((upload) => upload.key !== key));
    } catch (error) {
      if (!stop.signal.aborted) this.fail(key, error);
    }
    this.stops.delete(key);
    this.next();
  }

  /** A sign-in that was renewed under way cost the body; it is sent again once. */
  private async sent(key: string, file: File, signal: AbortSignal): Promise<KnowledgeDocument> {
    const onSent = (share: number) =>
      this.change(key, (upload) => (upload.state === "sending" ? { ...upload, share } : upload));
    try {
      return await this.send(file, onSent, signal);
    } catch (error) {
      const renewed = error instanceof ApiError && error.code === "session_renewed";
      if (!renewed || signal.aborted) throw error;
      return this.send(file, onSent, signal);
    }
  }

  private fail(key: string, error: unknown): void {
    const reason = reasonFor(error);
    if (reason !== null) this.files.delete(key);
    this.change(key, ({ name, size }) => ({ key, name, size, state: "failed", reason, error }));
  }

  private change(key: string, made: (upload: Upload) => Upload): void {
    this.set(this.uploads.map((upload) => (upload.key === key ? made(upload) : upload)));
  }

  private set(uploads: Upload[]): void {
    this.uploads = uploads;
    for (const listener of this.listeners) listener();
  }
}

/** Null where the same file may well be taken later. */
function reasonFor(error: unknown): Reason | null {
  if (!(error instanceof ApiError)) return null;
  if (error.status === 413) return "large";
  return error.status === 422 || error.status === 400 ? reasonOf(error.detail) : null;
}
