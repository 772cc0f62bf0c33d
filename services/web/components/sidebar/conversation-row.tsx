"use client";

import Link from "next/link";
import { memo, useRef } from "react";
import { useShell } from "@/components/shell/shell";
import type { Conversation } from "@/lib/api/conversations";
import { cn } from "@/lib/classes";
import { conversationHref } from "@/lib/history/addresses";
import { useHistory } from "@/lib/history/provider";
import { useOpening } from "@/lib/history/use-opening";
import { useText } from "@/lib/text";
import type { ConversationActions } from "./conversation-actions";
import { RenameField } from "./rename-field";
import { RowMenu } from "./row-menu";

interface RowProps {
  conversation: Conversation;
  actions: ConversationActions;
  current: boolean;
  /** The row of the list that Tab reaches; the arrow keys move it. */
  tabbable: boolean;
  renaming: boolean;
  onRename: (id: string) => void;
  onRenamed: (id: string, title: string | null, byKey: boolean) => void;
  onDelete: (id: string) => void;
}

const HOVER_MS = 60;

export const ConversationRow = memo(function ConversationRow(props: RowProps) {
  const { conversation, actions, current, tabbable, renaming } = props;
  const { id, title } = conversation;
  const words = useText().history;
  const { closeSheet } = useShell();
  const open = useOpening();
  const ahead = useReadAhead(id);
  if (renaming) {
    return (
      <div className="px-2 py-px">
        <RenameField title={title} onDone={(given, byKey) => props.onRenamed(id, given, byKey)} />
      </div>
    );
  }
  return (
    <div className="px-2 py-px">
      <div
        className={cn(
          "group relative rounded-md hover:bg-hover has-data-[state=open]:bg-hover",
          current && "bg-selected hover:bg-selected",
        )}
      >
        <Link
          href={conversationHref(id)}
          prefetch={false}
          data-row={id}
          aria-current={current ? "page" : undefined}
          tabIndex={tabbable ? 0 : -1}
          title={title}
          onClick={closeSheet}
          onNavigate={(event) => {
            event.preventDefault();
            open(conversationHref(id));
          }}
          onPointerEnter={ahead.begin}
          onPointerLeave={ahead.cancel}
          onFocus={ahead.begin}
          onBlur={ahead.cancel}
          className="flex h-8 items-center rounded-md px-2.5 text-sm focus-visible:-outline-offset-2 pointer-coarse:h-11 pointer-coarse:pr-11"
        >
          <span className="min-w-0 flex-1 truncate group-focus-within:pr-6 group-hover:pr-6 group-has-data-[state=open]:pr-6">
            {title || words.untitled}
          </span>
        </Link>
        <RowMenu
          conversation={conversation}
          actions={actions}
          tabbable={tabbable}
          onRename={() => props.onRename(id)}
          onDelete={() => props.onDelete(id)}
        />
      </div>
    </div>
  );
});

/** What the pointer rests on, or the focus, is likely to be opened: it is read before. */
function useReadAhead(id: string) {
  const { transcripts } = useHistory();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  return {
    begin: () => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => transcripts.prefetch(id), HOVER_MS);
    },
    cancel: () => clearTimeout(timer.current),
  };
}
