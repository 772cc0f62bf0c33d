// What a page that was fetched anew does to the list that is shown.

import type { Conversation, ConversationPage } from "../api/conversations";

export interface List {
  conversations: Conversation[];
  /** Of the next page; empty: all are here. */
  cursor: string;
}

/** The page is the newest part of the list: what it lacks of its own span is gone, what is older stays. */
export function withNewest(list: List, page: ConversationPage): List {
  const last = page.conversations.at(-1);
  if (!page.next_cursor || !last) return { conversations: page.conversations, cursor: "" };
  const named = new Set(page.conversations.map(({ id }) => id));
  const older = list.conversations.filter((each) => !named.has(each.id) && isAfter(last, each));
  if (older.length === 0) return { conversations: page.conversations, cursor: page.next_cursor };
  return { conversations: [...page.conversations, ...older], cursor: list.cursor };
}

/** The page follows the list. What moved up meanwhile stays where it is. */
export function withOlder(list: List, page: ConversationPage): List {
  const named = new Set(list.conversations.map(({ id }) => id));
  const added = page.conversations.filter(({ id }) => !named.has(id));
  return { conversations: [...list.conversations, ...added], cursor: page.next_cursor };
}

/** Put where its time says, unless it is older than all that is loaded of a list that goes on. */
export function withOne(list: List, changed: Conversation): List {
  const others = list.conversations.filter(({ id }) => id !== changed.id);
  const place = others.findIndex((each) => isAfter(changed, each));
  if (place < 0 && list.cursor) return { ...list, conversations: others };
  const at = place < 0 ? others.length : place;
  return { ...list, conversations: [...others.slice(0, at), changed, ...others.slice(at)] };
}

export function without(list: List, id: string): List {
  return { ...list, conversations: list.conversations.filter((each) => each.id !== id) };
}

/** The edge's order: newest first, of two of one moment the greater id. */
function isAfter(one: Conversation, other: Conversation): boolean {
  return one.updated_at === other.updated_at
    ? one.id > other.id
    : one.updated_at > other.updated_at;
}
