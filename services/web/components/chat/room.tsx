"use client";

import { usePathname } from "next/navigation";
import { useCallback } from "react";
import { conversationHref, conversationOf } from "@/lib/history/addresses";
import { ChatHeader } from "./chat-header";
import { Composer } from "./composer/composer";
import { EmptyState } from "./empty-state";
import { Announcer } from "./message/announcer";
import { MessageList } from "./message/message-list";
import { MissingConversation } from "./missing";
import type { Conversation } from "./model/conversation";
import { loadAhead } from "./model/load-ahead";
import { type ChatPart, isWriting } from "./model/message";
import type { OpenConversations } from "./model/open-conversations";
import { OfflineBanner } from "./offline-banner";
import { TranscriptSkeleton } from "./transcript-skeleton";
import { useAddressedConversation, useConversation } from "./use-conversation";

interface RoomProps {
  conversations: OpenConversations;
}

/** The conversation of the page's address. A new one gets its address with its first question, and stays the same component. */
export default function Room({ conversations }: RoomProps) {
  const conversation = useAddressedConversation(conversations);
  return <Opened key={conversation.id} conversations={conversations} conversation={conversation} />;
}

function Opened({ conversations, conversation }: RoomProps & { conversation: Conversation }) {
  const state = useConversation(conversation);
  const addressed = conversationOf(usePathname());
  const { phase, messages, status, reconnecting, live } = state;
  const ask = useCallback(
    (parts: ChatPart[]) => {
      if (conversation.getView().phase === "new") {
        conversations.keep(conversation);
        const address = conversationHref(conversation.id);
        if (window.location.pathname !== address) window.history.pushState(null, "", address);
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
          draftKey={addressed || "new"}
          busy={isWriting(status) || reconnecting}
          stopping={state.stopping}
          onAsk={ask}
          onStop={() => void conversation.stop()}
          onBegun={loadAhead}
        />
      )}
      <Announcer state={state} />
      {live ? <live.Following chat={live.chat} onChange={conversation.chat.changed} /> : null}
    </>
  );
}
