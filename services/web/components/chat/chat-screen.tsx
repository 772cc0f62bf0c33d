"use client";

import { useCallback } from "react";
import { conversationHref } from "@/lib/history/addresses";
import { ChatHeader } from "./chat-header";
import { useChatWorld } from "./chat-provider";
import { Composer } from "./composer/composer";
import { EmptyState } from "./empty-state";
import { Announcer } from "./message/announcer";
import { loadMarkdown } from "./message/answer-text";
import { MessageList } from "./message/message-list";
import { MissingConversation } from "./missing";
import type { Conversation } from "./model/conversation";
import { type ChatPart, isWriting } from "./model/message";
import { OfflineBanner } from "./offline-banner";
import { TranscriptSkeleton } from "./transcript-skeleton";
import { useAddressedConversation, useConversation } from "./use-conversation";

/** All of the chat. A new conversation gets its address with its first question, and stays the same component. */
export function ChatScreen() {
  const conversation = useAddressedConversation();
  return <Room key={conversation.id} conversation={conversation} />;
}

function Room({ conversation }: { conversation: Conversation }) {
  const { conversations } = useChatWorld();
  const state = useConversation(conversation);
  const { phase, messages, status, reconnecting } = state;
  const ask = useCallback(
    (parts: ChatPart[]) => {
      void loadMarkdown();
      if (conversation.getView().phase === "new") {
        conversations.keep(conversation);
        window.history.pushState(null, "", conversationHref(conversation.id));
      }
      void conversation.ask(parts);
    },
    [conversation, conversations],
  );
  const isEmpty = phase === "new" && messages.length === 0;
  const absent = phase === "missing" || phase === "failed";
  return (
    <>
      <ChatHeader title={state.title} />
      <OfflineBanner />
      {absent ? (
        <MissingConversation conversation={conversation} state={state} />
      ) : phase === "loading" ? (
        <TranscriptSkeleton />
      ) : isEmpty ? (
        <EmptyState onAsk={(text) => ask([{ type: "text", text }])} />
      ) : (
        <MessageList conversation={conversation} state={state} />
      )}
      {absent ? null : (
        <Composer
          conversation={conversation}
          draftKey={phase === "new" ? "new" : conversation.id}
          busy={isWriting(status) || reconnecting}
          stopping={state.stopping}
          onAsk={ask}
        />
      )}
      <Announcer state={state} />
    </>
  );
}
