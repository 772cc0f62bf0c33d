// What a conversation needs of the world around it; tests give it their own.

import type { Chat } from "@ai-sdk/react";
import type { Transcript } from "@/lib/api/conversations";
import type { ChatMessage } from "./message";
import type { Network } from "./network";
import type { News } from "./news";
import type { Asking, OfferedTool } from "./transport";

/** After the edge has taken a stop, its stream ends within milliseconds, with what was counted. */
export const STOP_PATIENCE_MS = 1_500;

/** An edge that does not answer to it is not waited for. */
export const STOP_ANSWER_MS = 2_500;

export interface CalledTool {
  toolCallId: string;
  toolName: string;
}

/** What was asked is kept until it has arrived, however it is lost. */
export interface Unsent {
  hold(conversation: string, text: string): void;
  release(conversation: string): void;
  /** Whether something did not arrive; it can be sent again. */
  restore(conversation: string, arrived: readonly string[]): boolean;
}

export interface ConversationParts {
  network: Network;
  choices: () => Asking;
  unsent: Unsent;
  tools: () => Promise<OfferedTool[]>;
  /** What was read last, however long ago. */
  peek: (id: string) => Transcript | undefined;
  readTranscript: (id: string, signal: AbortSignal, maxAgeMs: number) => Promise<Transcript>;
  /** Whether somebody's answer is under way there. */
  isBeingWritten: (id: string, signal: AbortSignal) => Promise<boolean>;
  stopAnswer: (id: string) => Promise<void>;
  pause: (ms: number) => Promise<void>;
  tell: (news: News) => void;
  onFailed: (error: Error) => void;
  /** A tool that runs in the page has been called; its result is given to `chat`. */
  onToolCall: (chat: Chat<ChatMessage>, call: CalledTool) => void;
  /** Whether the answer goes on by itself, with the results of its calls. */
  goesOn: (messages: ChatMessage[]) => boolean;
}
