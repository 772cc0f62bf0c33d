// The conversations that this page has open: a few are kept, so that going back to one is instant, and an answer goes
// on while another is read.

import { Conversation } from "./conversation";
import type { ConversationParts } from "./conversation-parts";
import { newId } from "./ids";

const KEPT = 8;

export class OpenConversations {
  private readonly open = new Map<string, Conversation>();
  private fresh: Conversation | null = null;

  constructor(private readonly parts: ConversationParts) {}

  /** The conversation of this id; read in the background when it was not open. */
  get(id: string): Conversation {
    const known = this.open.get(id);
    if (known) {
      this.keep(known);
      return known;
    }
    const conversation = new Conversation(id, false, this.parts);
    this.keep(conversation);
    return conversation;
  }

  /** Only if it is open. */
  find(id: string): Conversation | undefined {
    return this.open.get(id);
  }

  /** One that nobody has asked anything in yet. */
  blank(): Conversation {
    if (this.fresh?.getView().phase !== "new") this.fresh = null;
    this.fresh ??= new Conversation(newId(), true, this.parts);
    return this.fresh;
  }

  /** From now on it is found by its id. */
  keep(conversation: Conversation): void {
    this.open.delete(conversation.id);
    this.open.set(conversation.id, conversation);
    const idle = [...this.open.values()].filter((one) => !one.isBusy && one !== conversation);
    for (const oldest of idle.slice(0, Math.max(0, this.open.size - KEPT))) {
      this.open.delete(oldest.id);
      oldest.leave();
    }
  }

  /** It was deleted: whoever opens it again reads it anew. */
  forget(id: string): void {
    this.open.get(id)?.leave();
    this.open.delete(id);
  }
}
