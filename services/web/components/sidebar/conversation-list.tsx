"use client";

import { usePathname } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { Button } from "@/components/ui/button";
import { ScrollArea } from "@/components/ui/scroll-area";
import { Skeleton } from "@/components/ui/skeleton";
import { Spinner } from "@/components/ui/spinner";
import { wordsFor } from "@/lib/api/errors";
import { conversationOf } from "@/lib/history/addresses";
import { type Line, linesOf } from "@/lib/history/lines";
import { useConversations, useHistory } from "@/lib/history/provider";
import { useToday } from "@/lib/history/use-today";
import { isPress } from "@/lib/shortcuts/matching";
import { useIsMac } from "@/lib/shortcuts/provider";
import { useText } from "@/lib/text";
import { useConversationActions } from "./conversation-actions";
import { ConversationRow } from "./conversation-row";
import { ListHeading } from "./list-heading";
import { useRowFocus } from "./row-focus";

const AHEAD_PX = 600;

export function ConversationList() {
  const words = useText().history;
  const state = useConversations();
  const nowMs = useToday();
  const lines = linesOf(state, nowMs);
  const scroller = useRef<HTMLDivElement>(null);
  useMoreNearEnd(scroller, lines.length);
  return (
    <ScrollArea ref={scroller} className="flex-1 pb-2">
      <h2 className="sr-only">{words.list}</h2>
      {state.phase === "ready" ? (
        <>
          {lines.length > 0 ? <Lines lines={lines} nowMs={nowMs} scroller={scroller} /> : null}
          <Foot empty={lines.length === 0} />
        </>
      ) : (
        <Placeholder />
      )}
    </ScrollArea>
  );
}

interface LinesProps {
  lines: Line[];
  nowMs: number;
  scroller: React.RefObject<HTMLDivElement | null>;
}

function Lines({ lines, nowMs, scroller }: LinesProps) {
  const actions = useConversationActions();
  const shown = conversationOf(usePathname());
  const mac = useIsMac() ?? false;
  const virtual = useRef<VirtualizerHandle>(null);
  const [renaming, setRenaming] = useState("");
  const focus = useRowFocus({ lines, shown, scroller, virtual });
  const remove = (id: string) => {
    const conversation = focus.find(id);
    if (!conversation) return;
    focus.leave(id);
    void actions.remove(conversation);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the links in it
    <div
      onKeyDown={(event) => {
        const id = focus.onKeyDown(event);
        if (!id) return;
        if (isPress(event.nativeEvent, "rename", mac)) setRenaming(id);
        if (isPress(event.nativeEvent, "remove", mac)) remove(id);
      }}
      onFocus={focus.onFocus}
    >
      <Virtualizer
        ref={virtual}
        as="ul"
        item="li"
        data={lines}
        scrollRef={scroller}
        keepMounted={focus.kept}
        bufferSize={AHEAD_PX / 2}
      >
        {(line) =>
          line.kind === "heading" ? (
            <ListHeading key={line.key} heading={line.heading} nowMs={nowMs} />
          ) : (
            <ConversationRow
              key={line.key}
              conversation={line.conversation}
              actions={actions}
              current={line.conversation.id === shown}
              tabbable={line.conversation.id === focus.active}
              renaming={line.conversation.id === renaming}
              onRename={setRenaming}
              onRenamed={(id, title, byKey) => {
                setRenaming("");
                if (title !== null) actions.rename(line.conversation, title);
                if (byKey) focus.move(id);
              }}
              onDelete={remove}
            />
          )
        }
      </Virtualizer>
    </div>
  );
}

/** Older ones are read before the reader gets to the end. */
function useMoreNearEnd(scroller: React.RefObject<HTMLDivElement | null>, count: number): void {
  const { history } = useHistory();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a list that grew is looked at again
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      if (element.clientHeight > 0 && left < AHEAD_PX) void history.more();
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, [history, scroller, count]);
}

function Foot({ empty }: { empty: boolean }) {
  const text = useText();
  const { error, more } = useConversations();
  const { history } = useHistory();
  if (error) {
    return (
      <div role="alert" className="px-4 py-3 text-muted text-sm">
        <p>
          {text.history.unread} {wordsFor(error, text)}
        </p>
        <Button
          variant="secondary"
          size="sm"
          className="mt-2"
          onClick={() => void history.refresh().then(() => history.more())}
        >
          {text.common.actions.retry}
        </Button>
      </div>
    );
  }
  if (empty) return <p className="px-4.5 py-2 text-faint text-sm">{text.history.empty}</p>;
  return more ? (
    <div className="flex justify-center py-3 text-faint">
      <Spinner label={text.history.loadingMore} />
    </div>
  ) : null;
}

const WIDTHS = ["w-4/5", "w-3/5", "w-2/3", "w-1/2", "w-3/4", "w-2/5"];

function Placeholder() {
  const { common } = useText();
  return (
    <div role="status" className="flex flex-col gap-4 px-4.5 pt-4">
      <span className="sr-only">{common.loading}</span>
      {WIDTHS.map((width) => (
        <Skeleton key={width} className={`h-4 ${width}`} />
      ))}
    </div>
  );
}
