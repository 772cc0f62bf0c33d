import type { Conversation, Match } from "@/lib/api/conversations";
import { rangesOf } from "@/lib/history/highlights";

const MOST = 8;

/** What the loaded titles say, until the edge has answered. */
export function localMatches(query: string, conversations: Conversation[]): Match[] {
  const words = query.split(/\s+/).filter(Boolean);
  return conversations
    .filter(({ title }) => words.every((word) => rangesOf(title, word).length > 0))
    .slice(0, MOST)
    .map((conversation) => ({
      conversation,
      message_id: "",
      snippet: conversation.title,
      highlights: rangesOf(conversation.title, query),
    }));
}
