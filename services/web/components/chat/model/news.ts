// What happens to conversations, told to the other tabs of this browser.

/** A question has begun to be answered; an answer has ended. */
export interface News {
  kind: "answering" | "answered";
  conversation: string;
}

const CHANNEL = "sluice-chat";

export class NewsDesk {
  private channel: BroadcastChannel | null = null;

  /** Hears of the other tabs until the returned function is called. */
  open(heard: (news: News) => void): () => void {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = (event: MessageEvent<News>) => heard(event.data);
    this.channel = channel;
    return () => {
      channel.close();
      if (this.channel === channel) this.channel = null;
    };
  }

  tell(news: News): void {
    this.channel?.postMessage(news);
  }
}
