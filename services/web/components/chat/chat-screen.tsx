"use client";

import { usePathname } from "next/navigation";
import { lazy, Suspense, useCallback, useEffect } from "react";
import { useToast } from "@/components/ui/toast";
import { conversationHref, conversationOf } from "@/lib/history/addresses";
import { useHistory } from "@/lib/history/provider";
import { useText } from "@/lib/text";
import { ChatHeader } from "./chat-header";
import { loadConversations, useChatWorld } from "./chat-provider";
import { Composer } from "./composer/composer";
import { EmptyState } from "./empty-state";
import { loadAhead } from "./model/load-ahead";
import type { ChatPart } from "./model/message";
import { OfflineBanner } from "./offline-banner";
import { TranscriptSkeleton } from "./transcript-skeleton";

const loadRoom = () => import("./room");
const Room = lazy(loadRoom);

/** All of the chat. What an answer needs is loaded when one is opened, or a question begun. */
export function ChatScreen() {
  const { conversations, open } = useChatWorld();
  const id = conversationOf(usePathname());
  const { transcripts } = useHistory();
  const toast = useToast();
  const { errors } = useText().common;
  useEffect(() => {
    if (!id || conversations) return;
    transcripts.prefetch(id); // while what shows it is loaded
    open(loadRoom()).catch(() => toast({ tone: "danger", title: errors.away }));
  }, [id, conversations, open, transcripts, toast, errors]);
  if (!conversations && !id) return <Blank />;
  const waiting = (
    <>
      <ChatHeader title="" />
      <TranscriptSkeleton />
    </>
  );
  if (!conversations) return waiting;
  return (
    <Suspense fallback={waiting}>
      <Room conversations={conversations} />
    </Suspense>
  );
}

/** Before anything has been asked on this page. */
function Blank() {
  const { open } = useChatWorld();
  const toast = useToast();
  const { errors } = useText().common;
  const begin = useCallback(
    async (parts: ChatPart[]) => {
      const conversations = await open(loadRoom());
      const conversation = conversations.blank();
      conversations.keep(conversation);
      window.history.pushState(null, "", conversationHref(conversation.id));
      void conversation.ask(parts);
    },
    [open],
  );
  const ask = useCallback(
    async (parts: ChatPart[]) => {
      try {
        await begin(parts);
      } catch (error) {
        toast({ tone: "danger", title: errors.away });
        throw error;
      }
    },
    [begin, toast, errors.away],
  );
  return (
    <>
      <ChatHeader title="" />
      <OfflineBanner />
      <EmptyState onAsk={(text) => void ask([{ type: "text", text }]).catch(nothing)} />
      <Composer
        draftKey="new"
        busy={false}
        stopping={false}
        onAsk={ask}
        onStop={nothing}
        onBegun={loadAll}
      />
    </>
  );
}

function nothing(): void {}

function loadAll(): void {
  void Promise.allSettled([loadConversations(), loadRoom()]);
  loadAhead();
}
