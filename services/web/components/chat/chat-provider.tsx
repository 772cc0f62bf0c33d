"use client";

import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { readOlder, stopAnswer } from "@/lib/api/chat";
import { useHistory } from "@/lib/history/provider";
import { ChoiceStore } from "./model/choices";
import { browserStorage, DraftStore } from "./model/drafts";
import { browserNetwork } from "./model/network";
import { NewsDesk } from "./model/news";
import { OpenConversations } from "./model/open-conversations";
import { answerCall, goesOn, offeredTools } from "./model/page-tools";

interface ChatWorld {
  conversations: OpenConversations;
  choices: ChoiceStore;
  drafts: DraftStore;
}

const ChatContext = createContext<ChatWorld | null>(null);

/** Around all pages of the signed-in, so that an answer goes on while another page is read. */
export function ChatProvider({ children }: { children: ReactNode }) {
  const { history, transcripts } = useHistory();
  const [{ desk, world }] = useState(() => {
    const desk = new NewsDesk();
    const choices = new ChoiceStore(browserStorage);
    const conversations = new OpenConversations({
      network: browserNetwork,
      choices: choices.get,
      tools: offeredTools,
      peek: (id) => transcripts.peek(id),
      readTranscript: async (id, signal) => readOlder(await transcripts.read(id), signal),
      stopAnswer,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      tell: (news) => {
        transcripts.forget(news.conversation);
        history.touched(news.conversation);
        desk.tell(news);
      },
      onToolCall: answerCall,
      goesOn,
    });
    return { desk, world: { conversations, choices, drafts: new DraftStore(browserStorage) } };
  });
  useEffect(
    () =>
      desk.open(({ conversation }) => {
        transcripts.forget(conversation);
        void world.conversations.find(conversation)?.refresh(0);
      }),
    [desk, world, transcripts],
  );
  return <ChatContext value={world}>{children}</ChatContext>;
}

export function useChatWorld(): ChatWorld {
  const world = useContext(ChatContext);
  if (!world) throw new Error("there is no ChatProvider around this");
  return world;
}
