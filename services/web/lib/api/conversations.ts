// The history as the edge has it. Times are Unix seconds.

import { edgePath, getJson, ourFetch, sendJson } from "./fetching";

export interface Conversation {
  id: string;
  title: string;
  created_at: number;
  updated_at: number;
  pinned: boolean;
}

export interface ConversationPage {
  conversations: Conversation[];
  /** Empty on the last page. */
  next_cursor: string;
}

export interface Match {
  conversation: Conversation;
  /** Empty where the title matched. */
  message_id: string;
  snippet: string;
  /** Ranges of the snippet, in characters (code points) as Python counts them. */
  highlights: [number, number][];
}

export interface MatchPage {
  matches: Match[];
  next_cursor: string;
}

/** A passage of a document, as an answer was given it. */
export interface StoredPassage {
  document: string;
  title: string;
  number: number;
  text: string;
  start: number;
  end: number;
  score: number;
}

export interface StoredMessage {
  id: string;
  /** Empty for the first. Messages with one parent are versions of each other. */
  parent: string;
  role: "user" | "assistant";
  text: string;
  status: "complete" | "cancelled" | "failed";
  reasoning: string;
  sources: StoredPassage[];
  model: string;
  error: string;
  /** Of what `error` says in English; empty in what was stored long ago. */
  error_code?: string;
  created_at: number;
  /** Of the AI SDK, where the text alone does not say all. */
  parts?: unknown[];
}

export interface Transcript {
  conversation: Conversation;
  /** All branches, in order of creation; an answer that is being written is not among them. */
  messages: StoredMessage[];
  /** The last message of the newest branch. */
  current: string;
  /** Empty, unless older messages were left out. */
  previous_cursor?: string;
}

export function listConversations(
  query: { limit?: number; cursor?: string; pinned?: boolean },
  signal?: AbortSignal,
): Promise<ConversationPage> {
  return getJson(
    edgePath("/v1/conversations", { ...query, cursor: query.cursor || undefined }),
    signal,
  );
}

export function searchConversations(
  query: { q: string; limit?: number; cursor?: string },
  signal?: AbortSignal,
): Promise<MatchPage> {
  return getJson(
    edgePath("/v1/conversations/search", { ...query, cursor: query.cursor || undefined }),
    signal,
  );
}

export function readConversation(id: string, signal?: AbortSignal): Promise<Transcript> {
  return getJson(edgePath(path(id)), signal);
}

export function changeConversation(
  id: string,
  change: { title?: string; pinned?: boolean },
): Promise<Conversation> {
  return sendJson("PATCH", edgePath(path(id)), change);
}

export function deleteConversation(id: string): Promise<void> {
  return sendJson("DELETE", edgePath(path(id)));
}

export function restoreConversation(id: string): Promise<Conversation> {
  return sendJson("POST", edgePath(`${path(id)}/restore`));
}

export const EXPORT_FORMATS = ["markdown", "json"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The file, under the name that the edge gives it. */
export async function exportConversation(
  id: string,
  format: ExportFormat,
): Promise<{ name: string; file: Blob }> {
  const answer = await ourFetch(edgePath(`${path(id)}/export`, { format }));
  const fallback = `conversation.${format === "json" ? "json" : "md"}`;
  return {
    name: fileName(answer.headers.get("content-disposition") ?? "") || fallback,
    file: await answer.blob(),
  };
}

/** Of RFC 6266: the name in UTF-8 before the plain one. */
export function fileName(disposition: string): string {
  const encoded = /filename\*\s*=\s*utf-8''([^;]+)/i.exec(disposition)?.[1];
  if (encoded) {
    try {
      return decodeURIComponent(encoded.trim());
    } catch {
      // malformed: the plain name is left
    }
  }
  return /filename\s*=\s*"?([^";]+)"?/i.exec(disposition)?.[1]?.trim() ?? "";
}

function path(id: string): string {
  return `/v1/conversations/${encodeURIComponent(id)}`;
}
