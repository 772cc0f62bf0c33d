// What is sent with a question: the branch it ends, as much of it as the edge takes.

import type { ChatMessage, ChatPart } from "./message";

export interface Choices {
  /** Empty: the edge's own. */
  model: string;
  retrieval: boolean;
}

/** Under the edge's limits (256 messages, 200,000 characters, 4 MiB), with room for its own additions. */
const MAX_MESSAGES = 240;
const MAX_CHARACTERS = 180_000;
const MAX_FILE_CHARACTERS = 3_400_000;

interface SentMessage {
  id: string;
  role: ChatMessage["role"];
  parts: object[];
}

/**
 * The newest messages, which are all that the edge takes of a very long conversation, beginning with a question.
 * Of older messages' files, those that no longer fit are named and not sent.
 */
export function messagesToSend(branch: readonly ChatMessage[]): SentMessage[] {
  const sent: SentMessage[] = [];
  let characters = 0;
  let fileCharacters = 0;
  for (const message of [...branch].reverse()) {
    const given = sent.length === 0 ? message.parts : message.parts.filter(isSaid);
    const parts = given.flatMap(toSent).map((part) => {
      if (part.type !== "file") return part;
      fileCharacters += part.url.length;
      return fileCharacters > MAX_FILE_CHARACTERS && sent.length > 0 ? { ...part, url: "" } : part;
    });
    characters += parts.reduce((sum, part) => sum + lengthOf(part), 0);
    if (sent.length > 0 && (sent.length >= MAX_MESSAGES || characters > MAX_CHARACTERS)) break;
    sent.push({ id: message.id, role: message.role, parts });
  }
  while (sent.length > 1 && sent.at(-1)?.role === "assistant") sent.pop();
  return sent.reverse();
}

/** What an older answer thought is no part of the conversation. */
function isSaid(part: ChatPart): boolean {
  return part.type !== "reasoning";
}

type SentPart = Extract<ChatPart, { type: "file" }> | Exclude<ChatPart, { type: "file" }>;

function toSent(part: ChatPart): SentPart[] {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text }];
    case "file":
    case "step-start":
    case "reasoning":
    case "dynamic-tool":
      return [part];
    default:
      return part.type.startsWith("tool-") ? [part] : [];
  }
}

function lengthOf(part: SentPart): number {
  if (part.type === "text" || part.type === "reasoning") return part.text.length;
  if (part.type === "file") return part.mediaType.startsWith("text/") ? part.url.length * 0.75 : 0;
  return JSON.stringify(part).length;
}
