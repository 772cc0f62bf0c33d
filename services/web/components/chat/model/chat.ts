import { Chat } from "@ai-sdk/react";
import type { ConversationParts } from "./conversation-parts";
import { Following } from "./following";
import { newId } from "./ids";
import type { Live } from "./lazy-chat";
import type { ChatMessage } from "./message";
import { EdgeTransport } from "./transport";

export interface Told {
  /** An answer has begun to come. */
  onConnected: () => void;
  onError: (error: Error) => void;
  onFinish: () => void;
}

/** The SDK's chat, which `useChat` follows, with our way to the edge. */
export function makeChat(
  id: string,
  messages: ChatMessage[],
  parts: ConversationParts,
  told: Told,
): Live {
  const chat: Chat<ChatMessage> = new Chat<ChatMessage>({
    id,
    messages,
    generateId: newId,
    transport: new EdgeTransport({
      choices: parts.choices,
      tools: parts.tools,
      onConnected: told.onConnected,
    }),
    onError: told.onError,
    onFinish: told.onFinish,
    onToolCall: ({ toolCall }) => parts.onToolCall(chat, toolCall),
    sendAutomaticallyWhen: ({ messages: now }) => parts.goesOn(now),
  });
  return { chat, Following };
}
