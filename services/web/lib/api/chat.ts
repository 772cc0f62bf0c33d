// The edge's conversations as the chat reads them. Answers themselves come through the AI SDK's transport.

import { edgePath, getJson, sendJson } from "./fetching";

export interface StoredPassage {
  document: string;
  number: number;
  title: string;
  text: string;
  start: number;
  end: number;
  score: number;
}

/** Of an AI SDK message, as it is kept: text, reasoning, tool calls, files. */
export interface StoredPart {
  type: string;
  [field: string]: unknown;
}

export interface StoredMessage {
  id: string;
  parent: string;
  role: "user" | "assistant";
  text: string;
  /** Unix seconds. */
  created_at: number;
  status: "complete" | "cancelled" | "failed";
  reasoning: string;
  sources: StoredPassage[];
  model: string;
  error: string;
  parts?: StoredPart[];
}

export interface StoredConversation {
  id: string;
  title: string;
  created_at: number;
  updated_at: number;
  pinned: boolean;
}

export interface Transcript {
  conversation: StoredConversation;
  /** Of all branches, oldest first. */
  messages: StoredMessage[];
  /** The last message of the newest branch. */
  current: string;
  previous_cursor: string;
}

const MAX_PAGES = 5;

/** All branches of a conversation; of a very long one, the newest 20,000 messages. */
export async function readTranscript(id: string, signal?: AbortSignal): Promise<Transcript> {
  const path = `/v1/conversations/${encodeURIComponent(id)}`;
  const newest = await getJson<Transcript>(edgePath(path), signal);
  const messages = [newest.messages];
  let cursor = newest.previous_cursor;
  while (cursor && messages.length < MAX_PAGES) {
    const page = await getJson<Transcript>(edgePath(path, { cursor }), signal);
    messages.unshift(page.messages);
    cursor = page.previous_cursor;
  }
  return { ...newest, messages: messages.flat() };
}

/** What there is of the answer is kept. Nothing happens where none is being written. */
export async function stopAnswer(id: string): Promise<void> {
  await sendJson("POST", edgePath(`/v1/chat/${encodeURIComponent(id)}/stop`));
}
