"use client";

import { Spinner } from "@/components/ui/spinner";
import { useText } from "@/lib/text";
import type { Conversation } from "../model/conversation";
import { type ChatMessage, isWriting } from "../model/message";
import type { ConversationState } from "../use-conversation";
import { FailureCard } from "./failure-card";
import { Waiting } from "./waiting";

interface TailProps {
  conversation: Conversation;
  state: ConversationState;
}

/** What stands below the last message: that an answer is awaited, or why there is none. */
export function Tail({ conversation, state }: TailProps) {
  const text = useText().chat;
  const { unanswered } = text.failure;
  const { messages, status, error, reconnecting, phase } = state;
  const last = messages.at(-1);
  const retry = () => void conversation.regenerate();
  const back = conversation.hasMore() ? () => conversation.showMore() : undefined;
  if (reconnecting) {
    return (
      <p className="flex items-center gap-2 pb-4 text-muted text-sm">
        <Spinner />
        {text.status.reconnecting}
      </p>
    );
  }
  if (isWriting(status)) {
    const awaited = last?.role === "user" || !last?.parts.some(isSeen);
    return awaited ? <Waiting taken={status === "streaming"} /> : null;
  }
  const failure = status === "error" && error ? error : storedError(last);
  if (failure) {
    const answer = last?.role === "assistant" ? last : undefined;
    const begun = answer?.parts.some(isSeen) ?? false;
    const code = answer?.metadata?.errorCode;
    return <FailureCard failure={{ error: failure, code, begun }} onRetry={retry} onBack={back} />;
  }
  if (phase === "ready" && last?.role === "user") {
    return <FailureCard note={unanswered} onRetry={retry} onBack={back} />;
  }
  return null;
}

function isSeen({ type }: { type: string }): boolean {
  return !["step-start", "source-document", "data-notice"].includes(type);
}

/** Of an answer that broke off on another day. */
function storedError(last: ChatMessage | undefined): Error | null {
  return last?.metadata?.error ? new Error(last.metadata.error) : null;
}
