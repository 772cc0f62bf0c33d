import { Chat } from "@ai-sdk/react";
import { generateId } from "ai";
import type { ConversationParts } from "./conversation-parts";
import type { ChatMessage } from "./message";
import { EdgeTransport } from "./transport";

interface Told {
  /** An answer has begun to come. */
  onConnected: () => void;
  onError: (error: Error) => void;
  onFinish: () => void;
}

/** The SDK's chat, which `useChat` shows, with our way to the edge. */
export function makeChat(id: string, parts: ConversationParts, told: Told): Chat<ChatMessage> {
  const chat: Chat<ChatMessage> = new Chat<ChatMessage>({
    id,
    generateId,
    transport: new EdgeTransport({
      choices: parts.choices,
      tools: parts.tools,
      onConnected: told.onConnected,
    }),
    onError: told.onError,
    onFinish: told.onFinish,
    onToolCall: ({ toolCall }) => parts.onToolCall(chat, toolCall),
    sendAutomaticallyWhen: ({ messages }) => parts.goesOn(messages),
  });
  return chat;
}
