// The reader's own documents, and the passages that answers cite. Times are Unix seconds.

import { edgePath, getJson, sendJson } from "./fetching";

export interface KnowledgeDocument {
  id: string;
  title: string;
  media_type: string;
  /** In bytes. */
  size: number;
  status: "queued" | "processing" | "ready" | "failed";
  created_at: number;
  passages: number;
  /** Passages that can be searched so far. */
  done: number;
  error: string;
}

export interface DocumentPage {
  documents: KnowledgeDocument[];
  /** Empty on the last page. */
  next_cursor: string;
}

export interface PassageInContext {
  document: string;
  title: string;
  number: number;
  text: string;
  start: number;
  end: number;
  /** What the document says right before it; empty at the beginning. */
  before: string;
  after: string;
}

export const DOCUMENTS_PATH = edgePath("/v1/documents");

export function listDocuments(
  query: { limit?: number; cursor?: string },
  signal?: AbortSignal,
): Promise<DocumentPage> {
  return getJson(
    edgePath("/v1/documents", { ...query, cursor: query.cursor || undefined }),
    signal,
  );
}

export function getDocument(id: string, signal?: AbortSignal): Promise<KnowledgeDocument> {
  return getJson(edgePath(`/v1/documents/${encodeURIComponent(id)}`), signal);
}

export function deleteDocument(id: string): Promise<void> {
  return sendJson("DELETE", edgePath(`/v1/documents/${encodeURIComponent(id)}`));
}

export function getPassage(
  document: string,
  number: number,
  signal?: AbortSignal,
): Promise<PassageInContext> {
  return getJson(
    edgePath(`/v1/documents/${encodeURIComponent(document)}/passages/${number}`),
    signal,
  );
}
