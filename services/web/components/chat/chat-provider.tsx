"use client";

import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
} from "react";
import { readModels } from "@/lib/api/models";
import { browserStorage } from "@/lib/browser/storage";
import { useHistory } from "@/lib/history/provider";
import { ChoiceStore } from "./model/choices";
import { DraftStore } from "./model/drafts";
import { ModelStore } from "./model/models";
import { NewsDesk } from "./model/news";
import type { OpenConversations } from "./model/open-conversations";

interface ChatWorld {
  /** Null until something has been asked, or a conversation opened: the SDK is no part of a page's first load. */
  conversations: OpenConversations | null;
  /** What is to show them comes first: nothing is shown in its place meanwhile. */
  open: (screen: Promise<unknown>) => Promise<OpenConversations>;
  choices: ChoiceStore;
  drafts: DraftStore;
  models: ModelStore;
}

const ChatContext = createContext<ChatWorld | null>(null);

interface ChatProviderProps {
  /** Who is signed in. */
  user: string;
  children: ReactNode;
}

/** Around all pages of the signed-in, so that an answer goes on while another page is read. */
export function ChatProvider({ user, children }: ChatProviderProps) {
  const { history, transcripts } = useHistory();
  const [conversations, setConversations] = useState<OpenConversations | null>(null);
  const [{ desk, choices, drafts, models }] = useState(() => {
    const choices = new ChoiceStore(browserStorage);
    return {
      desk: new NewsDesk(),
      choices,
      drafts: new DraftStore(browserStorage, user),
      models: new ModelStore(readModels, choices),
    };
  });
  const opening = useRef<Promise<OpenConversations> | null>(null);
  const open = useCallback(
    (screen: Promise<unknown>) => {
      opening.current ??= Promise.all([loadConversations(), screen]).then(
        ([{ openConversations }]) => {
          const made = openConversations({
            choices: () => models.asking(),
            unsent: drafts,
            transcripts,
            onFailed: () => void models.refresh(true), // its model may have gone
            tell: (news) => {
              transcripts.forget(news.conversation);
              history.touched(news.conversation);
              desk.tell(news);
              void models.refresh();
            },
          });
          setConversations(made);
          return made;
        },
      );
      opening.current.catch(() => {
        opening.current = null; // the network was away: the next try loads it
      });
      return opening.current;
    },
    [drafts, models, transcripts, history, desk],
  );
  useEffect(
    () =>
      desk.open(({ conversation }) => {
        transcripts.forget(conversation);
        void conversations?.find(conversation)?.refresh(0);
      }),
    [desk, conversations, transcripts],
  );
  return (
    <ChatContext value={{ conversations, open, choices, drafts, models }}>{children}</ChatContext>
  );
}

export const loadConversations = () => import("./model/opening");

export function useChatWorld(): ChatWorld {
  const world = useContext(ChatContext);
  if (!world) throw new Error("there is no ChatProvider around this");
  return world;
}
