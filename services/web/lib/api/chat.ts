// What the chat asks of the edge beside the answers themselves, which come through the AI SDK's transport.

import type { Transcript } from "./conversations";
import { edgePath, getJson, ourFetch, sendJson } from "./fetching";

const MAX_PAGES = 5;

/** The older messages of a very long conversation before the newest: 20,000 in all. */
export async function readOlder(newest: Transcript, signal?: AbortSignal): Promise<Transcript> {
  const path = `/v1/conversations/${encodeURIComponent(newest.conversation.id)}`;
  const pages = [newest.messages];
  let cursor = newest.previous_cursor;
  while (cursor && pages.length < MAX_PAGES) {
    const page = await getJson<Transcript>(edgePath(path, { cursor }), signal);
    pages.unshift(page.messages);
    cursor = page.previous_cursor;
  }
  return { ...newest, messages: pages.flat() };
}

/** What there is of the answer is kept. Nothing happens where none is being written. */
export async function stopAnswer(id: string): Promise<void> {
  await sendJson("POST", edgePath(`/v1/chat/${encodeURIComponent(id)}/stop`));
}

/** A look only: what is written is read by the AI SDK, in a request of its own. */
export async function isBeingWritten(id: string, signal: AbortSignal): Promise<boolean> {
  const look = new AbortController();
  const answer = await ourFetch(edgePath(`/v1/chat/${encodeURIComponent(id)}/stream`), {
    signal: AbortSignal.any([signal, look.signal]),
  });
  look.abort();
  return answer.status !== 204;
}
