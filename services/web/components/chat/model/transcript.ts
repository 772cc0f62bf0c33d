// A stored conversation as messages of the AI SDK.

import type { StoredMessage, StoredPassage, Transcript } from "@/lib/api/conversations";
import type { CitedPassage } from "@/lib/citations/passage";
import { BranchTree } from "./branch-tree";
import type { ChatMessage, ChatPart } from "./message";

export function treeOf(transcript: Transcript): BranchTree<ChatMessage> {
  const tree = new BranchTree<ChatMessage>();
  for (const stored of transcript.messages) tree.add(toMessage(stored), stored.parent);
  return tree;
}

export function toMessage(stored: StoredMessage): ChatMessage {
  return {
    id: stored.id,
    role: stored.role,
    parts: [...stored.sources.map(toSource), ...partsOf(stored)],
    metadata: {
      createdAt: Math.round(stored.created_at * 1000),
      ...(stored.model ? { model: stored.model } : {}),
      ...(stored.status === "cancelled" ? { finishReason: "cancelled" } : {}),
      ...(stored.status === "failed"
        ? { finishReason: "error", error: stored.error, errorCode: stored.error_code }
        : {}),
    },
  };
}

function partsOf({ parts, reasoning, text }: StoredMessage): ChatPart[] {
  // The edge keeps parts in the SDK's own form, so their fields need no translation.
  if (parts && parts.length > 0) return parts as ChatPart[];
  return [
    ...(reasoning ? [{ type: "reasoning" as const, text: reasoning, state: "done" as const }] : []),
    ...(text ? [{ type: "text" as const, text, state: "done" as const }] : []),
  ];
}

function toSource(passage: StoredPassage, place: number): ChatPart {
  const { document, number, title, text, start, end, score } = passage;
  return {
    type: "source-document",
    sourceId: `${document}-${number}`,
    mediaType: "text/plain",
    title,
    providerMetadata: { sluice: { citation: place + 1, document, start, end, score, text } },
  };
}

/** The passages that an answer may cite, by their numbers. */
export function passagesOf(parts: readonly ChatPart[]): CitedPassage[] {
  return parts.flatMap((part) => {
    if (part.type !== "source-document") return [];
    const told = part.providerMetadata?.sluice;
    if (!told || typeof told.document !== "string" || typeof told.citation !== "number") return [];
    return [
      {
        citation: told.citation,
        document: told.document,
        number: Number(part.sourceId.slice(part.sourceId.lastIndexOf("-") + 1)),
        title: part.title,
        text: String(told.text ?? ""),
        start: Number(told.start ?? 0),
        end: Number(told.end ?? 0),
      },
    ];
  });
}
