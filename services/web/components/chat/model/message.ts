// The AI SDK's message with what Sluice puts into it.

import type { DynamicToolUIPart, ToolUIPart, UIMessage } from "ai";

export interface Usage {
  inputTokens?: number;
  outputTokens?: number;
  totalTokens?: number;
}

export interface MessageMetadata {
  chatId?: string;
  model?: string;
  /** Unix milliseconds. */
  createdAt?: number;
  /** `cancelled`: it was stopped, and this is what there was of it. */
  finishReason?: string;
  usage?: Usage;
  /** The server's words for what broke the answer off. */
  error?: string;
  /** The same for us. */
  errorCode?: string;
  /** Milliseconds from the question to the end of the reasoning, where this page saw it. */
  thoughtMs?: number;
}

export type ChatData = { notice: { code: string; message: string } };

export type ChatMessage = UIMessage<MessageMetadata, ChatData>;
export type ChatPart = ChatMessage["parts"][number];

export function textOf(message: ChatMessage): string {
  return wordsOf(message.parts);
}

export function wordsOf(parts: readonly ChatPart[]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

export function isWriting(status: string): boolean {
  return status === "submitted" || status === "streaming";
}

/** As the SDK's own, without the SDK: a stored conversation is read before that is loaded. */
export function isToolPart(part: ChatPart): part is ToolUIPart | DynamicToolUIPart {
  return part.type === "dynamic-tool" || part.type.startsWith("tool-");
}

export function toolNameOf(part: ToolUIPart | DynamicToolUIPart): string {
  return part.type === "dynamic-tool" ? part.toolName : part.type.slice("tool-".length);
}
