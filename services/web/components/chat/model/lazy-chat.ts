// The messages of a conversation, and the SDK's chat as soon as something is asked in it. What is only read needs no SDK.

import type { Chat } from "@ai-sdk/react";
import type { ComponentType } from "react";
import { ApiError } from "@/lib/api/errors";
import type { FollowingProps } from "./following";
import { newId } from "./ids";
import type { ChatMessage, ChatPart } from "./message";

type Sdk = Chat<ChatMessage>;
type Shown = Pick<Sdk, "messages" | "status" | "error">;

export interface Live {
  chat: Sdk;
  /** Is to be rendered where the conversation is shown. */
  Following: ComponentType<FollowingProps>;
}

export interface ChatState extends Shown {
  live: Live | null;
}

/** Makes the SDK's chat with the messages that there are. */
export type OpenChat = (messages: ChatMessage[]) => Promise<Live>;

export const loadChat = () => import("./chat");

export class LazyChat {
  private live: Live | null = null;
  private opening: Promise<Sdk> | null = null;
  private held: Shown = { messages: [], status: "ready", error: undefined };
  private state: ChatState = { ...this.held, live: null };
  private readonly listeners = new Set<() => void>();
  /** Counts what was begun and what was stopped: only the last of them holds. */
  private turn = 0;

  constructor(private readonly openChat: OpenChat) {}

  get isOpen(): boolean {
    return this.live !== null;
  }

  get messages(): ChatMessage[] {
    return this.shown.messages;
  }

  set messages(messages: ChatMessage[]) {
    if (this.live) this.live.chat.messages = messages;
    else this.hold({ messages });
    this.changed();
  }

  get status(): Shown["status"] {
    return this.shown.status;
  }

  get error(): Error | undefined {
    return this.shown.error;
  }

  /** The same object for as long as nothing has changed. */
  getState = (): ChatState => {
    const { messages, status, error } = this.shown;
    const { state, live } = this;
    const isSame =
      state.messages === messages &&
      state.status === status &&
      state.error === error &&
      state.live === live;
    if (!isSame) this.state = { messages, status, error, live };
    return this.state;
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  changed = (): void => {
    for (const listener of this.listeners) listener();
  };

  async send(parts: ChatPart[]): Promise<void> {
    const message: ChatMessage = { id: newId(), role: "user", parts };
    const before = this.messages;
    await this.begin([...before, message], (sdk) => {
      sdk.messages = before;
      return sdk.sendMessage(message);
    });
  }

  async regenerate(messageId?: string): Promise<void> {
    await this.begin(this.messages, (sdk) => sdk.regenerate({ messageId }));
  }

  async resume(): Promise<void> {
    const sdk = await this.open();
    const coming = sdk.resumeStream();
    this.changed();
    await coming;
  }

  clearError(): void {
    if (this.status !== "error") return;
    if (this.live) this.live.chat.clearError();
    else this.hold({ status: "ready", error: undefined });
    this.changed();
  }

  async stop(): Promise<void> {
    this.turn += 1;
    if (!this.live) this.hold({ status: "ready" });
    await this.live?.chat.stop();
    this.changed();
  }

  private get shown(): Shown {
    return this.live?.chat ?? this.held;
  }

  /** Shows at once what will be there when the SDK is. */
  private async begin(messages: ChatMessage[], ask: (sdk: Sdk) => Promise<void>): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    if (!this.live) {
      this.hold({ messages, status: "submitted", error: undefined });
      this.changed();
    }
    const sdk = await this.open().catch((error: unknown) => {
      this.hold({ status: "error", error: new ApiError(0, "away", String(error)) });
      this.changed();
    });
    if (!sdk || turn !== this.turn) return;
    const asked = ask(sdk);
    this.changed();
    await asked;
  }

  private open(): Promise<Sdk> {
    if (this.live) return Promise.resolve(this.live.chat);
    this.opening ??= this.openChat(this.held.messages).then((live) => {
      this.live = live;
      live.chat.messages = this.held.messages; // they may have changed meanwhile
      return live.chat;
    });
    this.opening.catch(() => {
      this.opening = null; // the network was away: the next question loads it
    });
    return this.opening;
  }

  private hold(part: Partial<Shown>): void {
    this.held = { ...this.held, ...part };
  }
}
