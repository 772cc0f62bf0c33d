// One conversation of this page: its branches, the answer that is being written, and the way back to it when the
// connection is lost. It lives on while another page is shown, so that nothing of an answer is missed.

import { Chat } from "@ai-sdk/react";
import { generateId } from "ai";
import type { Transcript } from "@/lib/api/conversations";
import { ApiError } from "@/lib/api/errors";
import { BranchTree, type Version } from "./branch-tree";
import { type ConversationParts, STOP_PATIENCE_MS } from "./conversation-parts";
import { type ChatMessage, type ChatPart, isWriting, textOf } from "./message";
import { Recovery } from "./recovery";
import { treeOf } from "./transcript";
import { EdgeTransport, isLost } from "./transport";

const STEP_MS = 50;

export interface ConversationView {
  /** `new`: nothing has been asked. `missing`: it is not there, or another user's. */
  phase: "new" | "loading" | "ready" | "missing" | "failed";
  loadError: unknown;
  title: string;
  /** The connection was lost in mid-answer and is looked for. */
  reconnecting: boolean;
  stopping: boolean;
  /** Counts changes of the tree. */
  branches: number;
}

export class Conversation {
  readonly chat: Chat<ChatMessage>;
  private tree = new BranchTree<ChatMessage>();
  private view: ConversationView;
  private readonly listeners = new Set<() => void>();
  private readonly recovery: Recovery;
  private readonly leaving = new AbortController();
  private connected = false;
  private readAt = 0;

  constructor(
    readonly id: string,
    isNew: boolean,
    private readonly parts: ConversationParts,
  ) {
    const phase = isNew ? "new" : "loading";
    this.view = { ...EMPTY, phase };
    this.chat = new Chat<ChatMessage>({
      id,
      generateId,
      transport: new EdgeTransport({
        ...parts,
        onConnected: () => {
          this.connected = true;
          this.change({ reconnecting: false });
          this.parts.tell({ kind: "answering", conversation: this.id });
        },
      }),
      onError: (error) => this.failed(error),
      onFinish: ({ isError, isAbort }) => this.finished(isError && !isAbort),
      onToolCall: ({ toolCall }) => parts.onToolCall(this.chat, toolCall),
      sendAutomaticallyWhen: ({ messages }) => parts.goesOn(messages),
    });
    this.recovery = new Recovery({
      network: parts.network,
      signal: this.leaving.signal,
      resume: () => this.resume(),
      reload: () => this.reload(),
      onMissing: () => this.mark("lost"),
      onChange: (reconnecting) => this.change({ reconnecting }),
    });
  }

  getView = (): ConversationView => this.view;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get isBusy(): boolean {
    return isWriting(this.chat.status) || this.view.reconnecting;
  }

  /** Reads what is stored, and then whatever is being written. */
  async load(): Promise<void> {
    this.change({ phase: "loading", loadError: null });
    const known = this.parts.peek(this.id);
    if (known) this.take(known);
    if (known) this.change({ phase: "ready" });
    let answered: boolean;
    try {
      answered = await this.reload();
    } catch (error) {
      const missing = error instanceof ApiError && [400, 404].includes(error.status);
      this.change({ phase: missing ? "missing" : "failed", loadError: error });
      return;
    }
    this.change({ phase: "ready" });
    await this.recovery.catchUp(answered);
  }

  /** Another tab, or another day: takes over what has come since. Not more often than `everyMs`. */
  async refresh(everyMs: number): Promise<void> {
    const idle = this.view.phase === "ready" && !this.isBusy && this.chat.status !== "error";
    if (!idle || Date.now() - this.readAt < everyMs) return;
    try {
      await this.recovery.catchUp(await this.reload());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // what is shown is no worse than it was
      if (error.status === 404) this.change({ phase: "missing", loadError: error });
    }
  }

  async ask(parts: ChatPart[]): Promise<void> {
    this.change({ phase: "ready" });
    await this.chat.sendMessage({ role: "user", parts });
  }

  /** The question in other words: a branch of its own, beside the one that it was. */
  async edit(id: string, parts: ChatPart[]): Promise<void> {
    this.keepBranch();
    const place = this.chat.messages.findIndex((message) => message.id === id);
    if (place < 0) return;
    this.chat.messages = this.chat.messages.slice(0, place);
    await this.ask(parts);
  }

  /** Another answer to the same question; without an id, to the last one. */
  async regenerate(id?: string): Promise<void> {
    this.keepBranch();
    await this.chat.regenerate({ messageId: id });
  }

  /** Reads the branch that this version of a message is in. */
  show(version: string): void {
    this.keepBranch();
    this.chat.messages = this.tree.pathTo(this.tree.newestUnder(version));
  }

  /** Whether some branch holds it. */
  has(id: string): boolean {
    return this.tree.has(id);
  }

  versionsOf(id: string): Version {
    return this.tree.versionsOf(id);
  }

  /** To be called when the ids of the branch have changed. */
  keepBranch(): void {
    const before = this.tree.size;
    this.tree.adopt(this.chat.messages);
    if (this.tree.size !== before) this.change({ branches: this.view.branches + 1 });
  }

  /** What there is of the answer is kept. */
  async stop(): Promise<void> {
    this.change({ stopping: true });
    this.recovery.end();
    try {
      await this.parts.stopAnswer(this.id);
      await this.untilEnded(STOP_PATIENCE_MS);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // nobody is there to stop it: it ends here, at least
    } finally {
      await this.chat.stop();
      this.mark("cancelled");
      this.change({ stopping: false, reconnecting: false });
    }
  }

  leave(): void {
    this.leaving.abort();
    void this.chat.stop();
  }

  private async resume() {
    this.connected = false;
    await this.chat.resumeStream();
    const { status, error } = this.chat;
    return { connected: this.connected, error: status === "error" ? error : null };
  }

  /** Keeps to the branch that is read. Whether that ends with a stored answer. */
  private async reload(): Promise<boolean> {
    const transcript = await this.parts.readTranscript(this.id, this.leaving.signal);
    this.readAt = Date.now();
    if (isWriting(this.chat.status)) return true; // what is stored is behind what is shown
    this.take(transcript);
    const end = this.chat.messages.at(-1);
    return end?.role === "assistant" && transcript.messages.some(({ id }) => id === end.id);
  }

  private take(transcript: Transcript): void {
    const last = this.chat.messages.at(-1);
    this.tree = treeOf(transcript);
    if (!last) this.read(transcript.current);
    else if (this.tree.has(last.id)) this.read(this.tree.newestUnder(last.id));
    else this.tree.adopt(this.chat.messages); // it is here only
    this.change({ title: transcript.conversation.title, branches: this.view.branches + 1 });
  }

  /** What is here already is not made anew, since it may know more of itself. */
  private read(end: string): void {
    const here = new Map(this.chat.messages.map((message) => [message.id, message]));
    this.chat.messages = this.tree
      .pathTo(this.tree.has(end) ? end : this.tree.newest())
      .map((message) => {
        const known = here.get(message.id);
        return known && textOf(known) === textOf(message) ? known : message;
      });
  }

  /** Says of the answer at the end, if nothing else is known of its end, how it ended. */
  private mark(finishReason: "cancelled" | "lost"): void {
    const last = this.chat.messages.at(-1);
    if (last?.role !== "assistant" || last.metadata?.finishReason) return;
    const marked = { ...last, metadata: { ...last.metadata, finishReason } };
    this.chat.messages = [...this.chat.messages.slice(0, -1), marked];
  }

  private async untilEnded(patienceMs: number): Promise<void> {
    for (
      let waitedMs = 0;
      isWriting(this.chat.status) && waitedMs < patienceMs;
      waitedMs += STEP_MS
    ) {
      await this.parts.pause(STEP_MS);
    }
  }

  private failed(error: Error): void {
    if (isLost(error) && !this.view.stopping) void this.recovery.begin();
  }

  private finished(failed: boolean): void {
    if (this.view.reconnecting) return;
    this.keepBranch();
    if (!failed) this.parts.tell({ kind: "answered", conversation: this.id });
  }

  private change(part: Partial<ConversationView>): void {
    this.view = { ...this.view, ...part };
    for (const listener of this.listeners) listener();
  }
}

const EMPTY: ConversationView = {
  phase: "new",
  loadError: null,
  title: "",
  reconnecting: false,
  stopping: false,
  branches: 0,
};
