// One conversation of this page: what is asked in it, and what is read of it. It lives on while another page is shown,
// so that nothing of an answer is missed.

import { ApiError } from "@/lib/api/errors";
import type { Version } from "./branch-tree";
import { Branches } from "./branches";
import type { Told } from "./chat";
import { type ConversationParts, STOP_ANSWER_MS, STOP_PATIENCE_MS } from "./conversation-parts";
import { BLANK, type ConversationView, View } from "./conversation-view";
import { LazyChat, loadChat } from "./lazy-chat";
import { isLost } from "./lost";
import { type ChatPart, isWriting, textOf, wordsOf } from "./message";
import { Recovery, type Resumed } from "./recovery";

const STEP_MS = 50;
/** What was read while the page was loaded, or as a link was pointed at, need not be read again at once. */
const AHEAD_MS = 2_000;

export class Conversation {
  readonly chat: LazyChat;
  private readonly branches: Branches;
  private readonly view: View;
  private readonly recovery: Recovery;
  private readonly leaving = new AbortController();
  private connected = false;
  /** A question of this page's has not been taken yet. */
  private unheard = false;
  private loading: Promise<void> | null = null;
  private readAt = 0;

  constructor(
    readonly id: string,
    isNew: boolean,
    private readonly parts: ConversationParts,
  ) {
    this.view = new View({ ...BLANK, phase: isNew ? "new" : "loading" });
    const told: Told = {
      onConnected: () => {
        this.connected = true;
        this.unheard = false;
        parts.unsent.release(id);
        this.view.change({ reconnecting: false });
        parts.tell({ kind: "answering", conversation: id });
      },
      onError: (error) => {
        parts.onFailed(error);
        if (isLost(error) && !this.getView().stopping) void this.recovery.begin();
      },
      onFinish: () => this.finished(),
    };
    this.chat = new LazyChat(async (messages) =>
      (await loadChat()).makeChat(id, messages, parts, told),
    );
    this.branches = new Branches(this.chat, this.view);
    this.recovery = new Recovery({
      network: parts.network,
      signal: this.leaving.signal,
      resume: () => this.resume(),
      reload: () => this.reload(),
      onMissing: () => this.missed(),
      onChange: (reconnecting) => this.view.change({ reconnecting }),
    });
  }

  getView = (): ConversationView => this.view.get();
  subscribe = (listener: () => void): (() => void) => this.view.subscribe(listener);

  get isBusy(): boolean {
    return isWriting(this.chat.status) || this.getView().reconnecting;
  }

  /** Reads what is stored, and then whatever is being written. */
  load(): Promise<void> {
    this.loading ??= this.read().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  /** Another tab, or another day: takes over what has come since. Not more often than `everyMs`. */
  async refresh(everyMs: number): Promise<void> {
    const idle = this.getView().phase === "ready" && !this.isBusy && !this.loading;
    const failed = this.chat.status === "error"; // which the reader is to see
    if (!idle || failed || Date.now() - this.readAt < everyMs) return;
    try {
      await this.recovery.catchUp(await this.reload());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // what is shown is no worse than it was
      if (error.status === 404) this.view.change({ phase: "missing", loadError: error });
    }
  }

  async ask(parts: ChatPart[]): Promise<void> {
    this.view.change({ phase: "ready" });
    this.parts.unsent.hold(this.id, wordsOf(parts));
    this.unheard = true;
    await this.chat.send(parts);
  }

  /** The question in other words: a branch of its own, beside the one that it was. */
  async edit(id: string, parts: ChatPart[]): Promise<void> {
    if (this.branches.cutBefore(id)) await this.ask(parts);
  }

  /** Another answer to the same question; without an id, to the last one. */
  async regenerate(id?: string): Promise<void> {
    this.branches.keep();
    this.unheard = true;
    await this.chat.regenerate(id);
  }

  /** Reads the branch that this version of a message is in. */
  show(version: string): void {
    this.chat.clearError();
    this.branches.show(version);
  }

  /** Whether there is more to be read than is shown: an answer that was to be written anew, and was not. */
  hasMore(): boolean {
    const last = this.chat.messages.at(-1);
    return last !== undefined && this.branches.hasMoreAfter(last.id);
  }

  showMore(): void {
    const last = this.chat.messages.at(-1);
    if (last) this.show(last.id);
  }

  has(id: string): boolean {
    return this.branches.has(id);
  }

  versionsOf(id: string): Version {
    return this.branches.versionsOf(id);
  }

  /** To be called when the ids of the branch have changed. */
  keepBranch(): void {
    this.branches.keep();
  }

  /** What there is of the answer is kept. */
  async stop(): Promise<void> {
    this.view.change({ stopping: true });
    this.unheard = false;
    this.recovery.end();
    try {
      const taken = this.parts.stopAnswer(this.id).then(() => true);
      const late = this.parts.pause(STOP_ANSWER_MS).then(() => false);
      if (await Promise.race([taken, late])) await this.untilEnded(STOP_PATIENCE_MS);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // nobody is there to stop it: it ends here, at least
    } finally {
      await this.chat.stop();
      this.branches.markEnd("cancelled");
      this.view.change({ stopping: false, reconnecting: false });
    }
  }

  leave(): void {
    this.leaving.abort();
    void this.chat.stop();
  }

  private async read(): Promise<void> {
    const known = this.parts.peek(this.id);
    if (known) this.branches.take(known);
    this.view.change({ phase: known ? "ready" : "loading", loadError: null });
    let answered: boolean;
    try {
      answered = await this.reload(AHEAD_MS);
    } catch (error) {
      const missing = error instanceof ApiError && [400, 404].includes(error.status);
      const unsent = missing && this.parts.unsent.restore(this.id, []);
      const phase = unsent ? "new" : missing ? "missing" : "failed";
      this.view.change({ phase, loadError: error });
      return;
    }
    this.view.change({ phase: "ready" });
    this.parts.unsent.restore(this.id, this.chat.messages.map(textOf));
    await this.recovery.catchUp(answered);
  }

  private async resume(): Promise<Resumed> {
    this.connected = false;
    if (!this.chat.isOpen) {
      try {
        if (!(await this.parts.isBeingWritten(this.id, this.leaving.signal))) {
          return { connected: false, error: null };
        }
        await this.chat.resume();
      } catch (error) {
        return { connected: this.connected, error };
      }
    } else await this.chat.resume();
    const { status, error } = this.chat;
    // The question never came to where the conversation would have been made.
    if (error instanceof ApiError && error.status === 404) this.chat.clearError();
    else if (status === "error") return { connected: this.connected, error };
    return { connected: this.connected, error: null };
  }

  /** Nothing is being written and nothing is stored: a question that was lost on its way is asked again, once. */
  private missed(): void {
    if (this.unheard) void this.chat.regenerate();
    else this.branches.markEnd("lost");
    this.unheard = false;
  }

  /** Whether what is stored ends with an answer. */
  private async reload(maxAgeMs = 0): Promise<boolean> {
    const { signal } = this.leaving;
    const transcript = await this.parts.readTranscript(this.id, signal, maxAgeMs);
    this.readAt = Date.now();
    return isWriting(this.chat.status) || this.branches.take(transcript);
  }

  private finished(): void {
    if (this.getView().reconnecting) return;
    this.branches.keep();
    this.parts.tell({ kind: "answered", conversation: this.id });
  }

  private async untilEnded(patienceMs: number): Promise<void> {
    for (let waitedMs = 0; isWriting(this.chat.status) && waitedMs < patienceMs; ) {
      await this.parts.pause(STEP_MS);
      waitedMs += STEP_MS;
    }
  }
}
