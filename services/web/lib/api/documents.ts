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

/** The edge leaves out what is nothing. */
type Told = Pick<
  KnowledgeDocument,
  "id" | "title" | "media_type" | "size" | "status" | "created_at"
> &
  Partial<KnowledgeDocument>;

export function documentOf(told: Told): KnowledgeDocument {
  return { passages: 0, done: 0, error: "", ...told };
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

export async function listDocuments(
  query: { limit?: number; cursor?: string },
  signal?: AbortSignal,
): Promise<DocumentPage> {
  const page = await getJson<{ documents: Told[]; next_cursor?: string }>(
    edgePath("/v1/documents", { ...query, cursor: query.cursor || undefined }),
    signal,
  );
  return { documents: page.documents.map(documentOf), next_cursor: page.next_cursor ?? "" };
}

export async function getDocument(id: string, signal?: AbortSignal): Promise<KnowledgeDocument> {
  return documentOf(await getJson(edgePath(`/v1/documents/${encodeURIComponent(id)}`), signal));
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
