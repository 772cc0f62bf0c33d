// What is sent with a question: the branch it ends, as much of it as the edge takes.

import type { ChatMessage, ChatPart } from "./message";

/** Under the edge's limits of one request (256 messages, 200,000 characters), with room for its own additions. */
const MAX_MESSAGES = 240;
export const MAX_CHARACTERS = 180_000;
/** All pictures of a request: as the edge has it, and a job on the bus. */
export const MAX_PICTURE_BYTES = 6 * 1024 * 1024;

interface SentMessage {
  id: string;
  role: ChatMessage["role"];
  parts: object[];
}

/** Of one: whether its model takes pictures. */
export interface Sending {
  pictures: boolean;
}

/**
 * The newest messages, which are all that the edge takes of a very long conversation, beginning with a question.
 * Of older messages' pictures, those that no longer fit, or that the model cannot see, are named and not sent.
 */
export function messagesToSend(
  branch: readonly ChatMessage[],
  { pictures }: Sending,
): SentMessage[] {
  const sent: SentMessage[] = [];
  let characters = 0;
  let pictureBytes = 0;
  for (const message of [...branch].reverse()) {
    const isNewest = sent.length === 0;
    const given = isNewest ? message.parts : message.parts.filter(isSaid);
    const parts = given.flatMap(toSent).map((part) => {
      if (!isPicture(part)) return part;
      const bytes = bytesOf(part.url);
      const fits = isNewest || (pictures && pictureBytes + bytes <= MAX_PICTURE_BYTES);
      pictureBytes += fits ? bytes : 0;
      return fits ? part : { ...part, url: "" };
    });
    characters += parts.reduce((sum, part) => sum + lengthOf(part), 0);
    if (!isNewest && (sent.length >= MAX_MESSAGES || characters > MAX_CHARACTERS)) break;
    sent.push({ id: message.id, role: message.role, parts });
  }
  while (sent.length > 1 && sent.at(-1)?.role === "assistant") sent.pop();
  return sent.reverse();
}

type FilePart = Extract<ChatPart, { type: "file" }>;

export function isPicture(part: ChatPart): part is FilePart {
  return part.type === "file" && part.mediaType.startsWith("image/") && part.url !== "";
}

/** Of what a data URL in base64 holds. */
export function bytesOf(url: string): number {
  const data = url.length - url.indexOf(",") - 1;
  return Math.floor(data * 0.75) - (url.endsWith("==") ? 2 : url.endsWith("=") ? 1 : 0);
}

/** What an older answer thought is no part of the conversation. */
function isSaid(part: ChatPart): boolean {
  return part.type !== "reasoning";
}

function toSent(part: ChatPart): ChatPart[] {
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

function lengthOf(part: ChatPart): number {
  if (part.type === "text" || part.type === "reasoning") return part.text.length;
  if (part.type === "file") return part.mediaType.startsWith("text/") ? bytesOf(part.url) : 0;
  return JSON.stringify(part).length;
}
