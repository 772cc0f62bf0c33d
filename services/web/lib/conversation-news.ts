// What happens to conversations, told to whoever shows them: in this tab and in the other tabs of this browser.

export type News =
  /** Its question is on its way; for the first one there is a new conversation. */
  | { kind: "asked"; conversation: string; first: boolean }
  /** Its answer has ended, however that was. */
  | { kind: "answered"; conversation: string; first: boolean };

type Listener = (news: News, fromHere: boolean) => void;

const CHANNEL = "sluice-conversations";

export class NewsDesk {
  private readonly listeners = new Set<Listener>();
  private readonly channel: BroadcastChannel | null;

  constructor(channel: BroadcastChannel | null = openChannel()) {
    this.channel = channel;
    if (channel) channel.onmessage = (event: MessageEvent<News>) => this.hand(event.data, false);
  }

  tell(news: News): void {
    this.hand(news, true);
    this.channel?.postMessage(news);
  }

  /** Returns the way to stop listening. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private hand(news: News, fromHere: boolean): void {
    for (const listener of this.listeners) listener(news, fromHere);
  }
}

function openChannel(): BroadcastChannel | null {
  return typeof window === "undefined" || typeof BroadcastChannel === "undefined"
    ? null
    : new BroadcastChannel(CHANNEL);
}
