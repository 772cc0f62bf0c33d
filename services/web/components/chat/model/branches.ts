// The tree of a conversation and the one branch of it that is read, which is what the SDK's chat holds.

import type { Transcript } from "@/lib/api/conversations";
import { BranchTree, type Version } from "./branch-tree";
import type { View } from "./conversation-view";
import { type ChatMessage, textOf } from "./message";
import { treeOf } from "./transcript";

interface Branch {
  messages: ChatMessage[];
}

export class Branches {
  private tree = new BranchTree<ChatMessage>();

  constructor(
    private readonly chat: Branch,
    private readonly view: View,
  ) {}

  has(id: string): boolean {
    return this.tree.has(id);
  }

  hasMoreAfter(id: string): boolean {
    return this.tree.newestUnder(id) !== id;
  }

  versionsOf(id: string): Version {
    return this.tree.versionsOf(id);
  }

  /** What was added to the branch is added to the tree. */
  keep(): void {
    const before = this.tree.size;
    this.tree.adopt(this.chat.messages);
    if (this.tree.size !== before) this.changed();
  }

  /** The branch that this message is in, to its newest end. */
  show(id: string): void {
    this.keep();
    this.chat.messages = this.tree.pathTo(this.tree.newestUnder(id));
  }

  /** Whether the message was there. */
  cutBefore(id: string): boolean {
    this.keep();
    const place = this.chat.messages.findIndex((message) => message.id === id);
    if (place >= 0) this.chat.messages = this.chat.messages.slice(0, place);
    return place >= 0;
  }

  /** Takes over what is stored, keeping to the branch that is read. Whether that ends with a stored answer. */
  take(transcript: Transcript): boolean {
    const last = this.chat.messages.at(-1);
    this.tree = treeOf(transcript);
    if (!last) this.read(transcript.current);
    else if (this.tree.has(last.id)) this.read(this.tree.newestUnder(last.id));
    else this.tree.adopt(this.chat.messages); // it is here only
    this.view.change({ title: transcript.conversation.title });
    this.changed();
    const end = this.chat.messages.at(-1);
    return end?.role === "assistant" && transcript.messages.some(({ id }) => id === end.id);
  }

  /** Says how the answer at the end ended, if that is not known. */
  markEnd(finishReason: "cancelled" | "lost"): void {
    const last = this.chat.messages.at(-1);
    if (last?.role !== "assistant" || last.metadata?.finishReason) return;
    const marked = { ...last, metadata: { ...last.metadata, finishReason } };
    this.chat.messages = [...this.chat.messages.slice(0, -1), marked];
  }

  /** What is here already is not made anew, since it may know more of itself. */
  private read(end: string): void {
    const here = new Map(this.chat.messages.map((message) => [message.id, message]));
    const path = this.tree.pathTo(this.tree.has(end) ? end : this.tree.newest());
    this.chat.messages = path.map((message) => {
      const known = here.get(message.id);
      return known && textOf(known) === textOf(message) ? known : message;
    });
  }

  private changed(): void {
    this.view.change({ branches: this.view.get().branches + 1 });
  }
}
