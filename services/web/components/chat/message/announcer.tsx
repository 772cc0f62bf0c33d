"use client";

import { useEffect, useRef, useState } from "react";
import { useText } from "@/lib/text";
import { isWriting, textOf } from "../model/message";
import type { ConversationState } from "../use-conversation";

const MAX_CHARACTERS = 1_000;

/** Tells who listens to the page when an answer begins and what it was, and not each of its tokens. */
export function Announcer({ state }: { state: ConversationState }) {
  const { status: words } = useText().chat;
  const [said, setSaid] = useState("");
  const before = useRef(false);
  const writing = isWriting(state.status) || state.reconnecting;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the beginning and the end are said
  useEffect(() => {
    if (writing === before.current) return;
    before.current = writing;
    const last = state.messages.at(-1);
    const text = last?.role === "assistant" ? textOf(last).slice(0, MAX_CHARACTERS) : "";
    const stopped = last?.metadata?.finishReason === "cancelled";
    const end =
      state.status === "error" ? words.failed : stopped ? words.stopped : `${words.done}. ${text}`;
    setSaid(writing ? words.writing : end);
  }, [writing]);
  return (
    <p aria-live="polite" className="sr-only">
      {said}
    </p>
  );
}
