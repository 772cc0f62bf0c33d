"use client";

import { useSearchParams } from "next/navigation";
import { type RefObject, useEffect, useRef } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { MESSAGE_PARAMETER } from "@/lib/history/addresses";
import { useText } from "@/lib/text";
import type { Conversation } from "../model/conversation";
import { isWriting } from "../model/message";
import type { ConversationState } from "../use-conversation";
import { SettledContext } from "./answer-text";
import { JumpButton } from "./jump-button";
import { MessageRow } from "./message-row";
import { Tail } from "./tail";
import { useStickToEnd } from "./use-stick-to-end";

const TOP_PX = 16;
const SETTLING_MS = 600;

interface MessageListProps {
  conversation: Conversation;
  state: ConversationState;
}

/** The branch that is read. Only what is near the window is in the page, however long it is. */
export function MessageList({ conversation, state }: MessageListProps) {
  const { messages } = state;
  // Also while the connection is lost: more of the answer is to come.
  const writing = isWriting(state.status) || state.reconnecting;
  const { conversation: label } = useText().chat;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRef<VirtualizerHandle>(null);
  const content = useRef<HTMLDivElement>(null);
  const settled = useSettled();
  const stick = useStickToEnd(
    scroller,
    content,
    messages.at(-1)?.role === "user" ? messages.length : 0,
    writing,
  );
  // Not the browser's own way, which ends where the rows above, once they are measured, have pushed it; nor the list's,
  // which goes on for a while and would undo an End.
  const toStart = () => {
    stick.release();
    if (scroller.current) scroller.current.scrollTop = 0;
  };
  useShownMessage(conversation, state, (place) => {
    stick.release();
    rows.current?.scrollToIndex(place, { align: "start" });
  });
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        tabIndex={0}
        role="log"
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget) return;
          if (event.key === "Home") toStart();
          else if (event.key === "End") stick.toEnd();
          else return;
          event.preventDefault();
        }}
        aria-label={label}
        aria-live="off"
        className="scrollbar-thin min-h-0 flex-1 overflow-y-auto overscroll-contain px-4 [overflow-anchor:none] focus-visible:outline-offset-[-2px]"
      >
        <SettledContext value={settled}>
          <div ref={content} className="mx-auto max-w-184 pt-4 pb-6">
            <Rows {...{ conversation, messages, writing, rows, scroller }} />
            <Tail conversation={conversation} state={state} />
          </div>
        </SettledContext>
      </div>
      <JumpButton shown={!stick.atEnd} onJump={stick.toEnd} />
    </div>
  );
}

function useSettled() {
  const settled = useRef(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      settled.current = true;
    }, SETTLING_MS);
    return () => clearTimeout(timer);
  }, []);
  return settled;
}

interface RowsProps {
  conversation: Conversation;
  messages: ConversationState["messages"];
  writing: boolean;
  rows: RefObject<VirtualizerHandle | null>;
  scroller: RefObject<HTMLDivElement | null>;
}

function Rows({ conversation, messages, writing, rows, scroller }: RowsProps) {
  const last = messages.length - 1;
  return (
    <Virtualizer
      ref={rows}
      data={messages}
      scrollRef={scroller}
      bufferSize={600}
      startMargin={TOP_PX}
    >
      {(message, place) => {
        const { index, ids } = conversation.versionsOf(message.id);
        return (
          <MessageRow
            key={message.id}
            conversation={conversation}
            message={message}
            live={place === last && writing}
            busy={writing}
            isLast={place === last}
            version={index}
            versions={ids.length}
          />
        );
      }}
    </Virtualizer>
  );
}

/** A message that the address names, as a hit of the search does: its branch is shown, and it is scrolled to. */
function useShownMessage(
  conversation: Conversation,
  { phase, messages }: ConversationState,
  scrollTo: (place: number) => void,
) {
  const wanted = useSearchParams().get(MESSAGE_PARAMETER) ?? "";
  const shown = useRef("");
  useEffect(() => {
    if (!wanted || phase !== "ready" || shown.current === wanted) return;
    const place = messages.findIndex(({ id }) => id === wanted);
    if (place < 0) {
      if (conversation.has(wanted)) conversation.show(wanted);
      return;
    }
    const frame = requestAnimationFrame(() => {
      shown.current = wanted;
      scrollTo(place);
    });
    return () => cancelAnimationFrame(frame);
  });
}
