"use client";

import { Spinner } from "@/components/ui/spinner";
import { useText } from "@/lib/text";
import type { Conversation } from "../model/conversation";
import { isWriting } from "../model/message";
import type { ConversationState } from "../use-conversation";
import { FailureCard } from "./failure-card";

interface TailProps {
  conversation: Conversation;
  state: ConversationState;
}

/** What stands below the last message: that an answer is awaited, or why there is none. */
export function Tail({ conversation, state }: TailProps) {
  const { status: words, failure } = useText().chat;
  const { messages, status, error, reconnecting, phase } = state;
  const last = messages.at(-1);
  const retry = () => void conversation.regenerate();
  if (reconnecting) {
    return (
      <p className="flex items-center gap-2 pb-4 text-muted text-sm">
        <Spinner />
        {words.reconnecting}
      </p>
    );
  }
  if (isWriting(status)) {
    const awaited = last?.role === "user" || !last?.parts.some(isSeen);
    return awaited ? <Dots label={words.waiting} /> : null;
  }
  if (status === "error" && error) {
    return <FailureCard error={error} begun={last?.role === "assistant"} onRetry={retry} />;
  }
  if (phase === "ready" && last?.role === "user") {
    return <FailureCard note={failure.unanswered} onRetry={retry} />;
  }
  if (last?.metadata?.error) {
    return <FailureCard error={new Error(last.metadata.error)} begun onRetry={retry} />;
  }
  return null;
}

function isSeen({ type }: { type: string }): boolean {
  return type !== "step-start" && type !== "source-document";
}

function Dots({ label }: { label: string }) {
  return (
    <div className="flex h-7 items-center gap-1.5 pb-4">
      <span className="sr-only">{label}</span>
      <span aria-hidden className="size-2 animate-pulse rounded-full bg-faint" />
      <span
        aria-hidden
        className="size-2 animate-pulse rounded-full bg-faint [animation-delay:150ms]"
      />
      <span
        aria-hidden
        className="size-2 animate-pulse rounded-full bg-faint [animation-delay:300ms]"
      />
    </div>
  );
}
