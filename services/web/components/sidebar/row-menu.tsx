"use client";

import { Braces, Download, Ellipsis, Pencil, Pin, PinOff, Trash2 } from "lucide-react";
import { useRef } from "react";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import type { Conversation } from "@/lib/api/conversations";
import { cn } from "@/lib/classes";
import { useKeys } from "@/lib/shortcuts/provider";
import { useText } from "@/lib/text";
import type { ConversationActions } from "./conversation-actions";

interface RowMenuProps {
  conversation: Conversation;
  actions: ConversationActions;
  /** Reached by Tab: only in the row that has the list's focus. */
  tabbable: boolean;
  onRename: () => void;
  onDelete: () => void;
}

export function RowMenu({ conversation, actions, tabbable, onRename, onDelete }: RowMenuProps) {
  const words = useText().history;
  const renameKeys = useKeys("rename");
  const deleteKeys = useKeys("remove");
  const leavesRow = useRef(false);
  const trigger = useRef<HTMLButtonElement>(null);
  const leave = (act: () => void) => () => {
    leavesRow.current = true;
    act();
  };
  return (
    <Menu>
      <MenuTrigger
        ref={trigger}
        aria-label={words.menu(conversation.title || words.untitled)}
        tabIndex={tabbable ? 0 : -1}
        className={cn(
          "absolute top-1/2 right-1 flex size-7 -translate-y-1/2 items-center justify-center rounded-sm text-muted hover:text-text",
          "opacity-0 hover:bg-hover focus-visible:opacity-100 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:bg-hover data-[state=open]:opacity-100",
          "pointer-coarse:right-0 pointer-coarse:size-11 pointer-coarse:opacity-100",
        )}
      >
        <Ellipsis aria-hidden className="size-4" />
      </MenuTrigger>
      <MenuContent
        align="start"
        className="w-56"
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          // a row that was unpinned may be far away now: the list stays where it is
          if (!leavesRow.current) trigger.current?.focus({ preventScroll: true });
          leavesRow.current = false;
        }}
      >
        <MenuItem onSelect={() => actions.pin(conversation, !conversation.pinned)}>
          {conversation.pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
          {conversation.pinned ? words.unpin : words.pin}
        </MenuItem>
        <MenuItem keys={renameKeys} onSelect={leave(onRename)}>
          <Pencil aria-hidden />
          {words.rename}
        </MenuItem>
        <MenuSeparator />
        <MenuItem onSelect={() => actions.exportTo(conversation, "markdown")}>
          <Download aria-hidden />
          {words.exportTo.markdown}
        </MenuItem>
        <MenuItem onSelect={() => actions.exportTo(conversation, "json")}>
          <Braces aria-hidden />
          {words.exportTo.json}
        </MenuItem>
        <MenuSeparator />
        <MenuItem danger keys={deleteKeys} onSelect={leave(onDelete)}>
          <Trash2 aria-hidden />
          {words.delete}
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
