"use client";

import Link from "next/link";
import { Button } from "@/components/ui/button";
import { wordsFor } from "@/lib/api/errors";
import { useText } from "@/lib/text";
import type { Conversation } from "./model/conversation";
import type { ConversationState } from "./use-conversation";

interface MissingProps {
  conversation: Conversation;
  state: ConversationState;
}

export function MissingConversation({ conversation, state }: MissingProps) {
  const text = useText();
  const { missing, loadFailed } = text.chat;
  const gone = state.phase === "missing";
  return (
    <div
      role="alert"
      className="flex flex-1 flex-col items-center justify-center gap-4 p-6 text-center"
    >
      <div className="space-y-1">
        <p className="font-semibold text-lg">{gone ? missing.title : loadFailed}</p>
        <p className="text-muted">{gone ? missing.body : wordsFor(state.loadError, text)}</p>
      </div>
      {gone ? (
        <Button asChild>
          <Link href="/">{text.common.notFound.home}</Link>
        </Button>
      ) : (
        <Button onClick={() => void conversation.load()}>{text.common.actions.retry}</Button>
      )}
    </div>
  );
}
