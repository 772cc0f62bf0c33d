"use client";

import { usePathname } from "next/navigation";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { conversationOf } from "@/lib/history/addresses";
import type { Conversation } from "./model/conversation";
import type { ConversationView } from "./model/conversation-view";
import type { ChatState } from "./model/lazy-chat";
import type { OpenConversations } from "./model/open-conversations";

const FRESH_MS = 2_000;

/** The conversation of the page's address, or a blank one. */
export function useAddressedConversation(conversations: OpenConversations): Conversation {
  const id = conversationOf(usePathname());
  const conversation = useMemo(
    () => (id ? conversations.get(id) : conversations.blank()),
    [id, conversations],
  );
  useEffect(() => {
    if (conversation.getView().phase === "loading") void conversation.load();
    else void conversation.refresh(FRESH_MS);
    const seen = () => {
      if (document.visibilityState !== "visible") return;
      if (conversation.getView().phase === "failed") void conversation.load();
      else void conversation.refresh(FRESH_MS);
    };
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("focus", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("focus", seen);
    };
  }, [conversation]);
  return conversation;
}

export interface ConversationState extends ConversationView, ChatState {}

export function useConversation(conversation: Conversation): ConversationState {
  const { chat } = conversation;
  const state = useSyncExternalStore(chat.subscribe, chat.getState, chat.getState);
  const view = useSyncExternalStore(
    conversation.subscribe,
    conversation.getView,
    conversation.getView,
  );
  const ids = useMemo(() => state.messages.map(({ id }) => id).join(" "), [state.messages]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tree is told when the branch has other messages
  useEffect(() => conversation.keepBranch(), [conversation, ids]);
  return { ...view, ...state };
}
