"use client";

import { Command as Cmdk } from "cmdk";
import { ChevronDown, MessageSquare, Pin } from "lucide-react";
import type { ReactNode } from "react";
import type { Conversation, Match } from "@/lib/api/conversations";
import { conversationHref } from "@/lib/history/addresses";
import { split } from "@/lib/history/highlights";
import { useKeys } from "@/lib/shortcuts/provider";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import type { Command } from "./commands";

const ITEM =
  "flex min-h-10 cursor-pointer select-none items-center gap-3 rounded-md px-3 py-1.5 text-sm data-[selected=true]:bg-hover pointer-coarse:min-h-12";

export function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Cmdk.Group
      heading={heading}
      className="mb-1 [&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-faint [&_[cmdk-group-heading]]:text-xs"
    >
      {children}
    </Cmdk.Group>
  );
}

interface CommandItemProps {
  command: Command;
  onChoose: (command: Command) => void;
}

export function CommandItem({ command, onChoose }: CommandItemProps) {
  const keys = useKeys(command.shortcut ?? "palette");
  const Icon = command.icon;
  return (
    <Cmdk.Item value={command.id} onSelect={() => onChoose(command)} className={ITEM}>
      <Icon aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="min-w-0 flex-1 truncate">{command.label}</span>
      {command.shortcut && keys ? (
        <kbd className="font-sans text-muted text-xs pointer-coarse:hidden">{keys}</kbd>
      ) : null}
    </Cmdk.Item>
  );
}

interface ConversationItemProps {
  conversation: Conversation;
  onGo: (href: string) => void;
}

export function ConversationItem({ conversation, onGo }: ConversationItemProps) {
  const words = useText().history;
  return (
    <Cmdk.Item
      value={`recent-${conversation.id}`}
      onSelect={() => onGo(conversationHref(conversation.id))}
      className={ITEM}
    >
      <ConversationIcon conversation={conversation} />
      <span className="min-w-0 flex-1 truncate">{conversation.title || words.untitled}</span>
      <When seconds={conversation.updated_at} />
    </Cmdk.Item>
  );
}

export function MatchItem({ match, onGo }: { match: Match; onGo: (href: string) => void }) {
  const words = useText().history;
  const { conversation, message_id, snippet, highlights } = match;
  const inTitle = message_id === "";
  return (
    <Cmdk.Item
      value={`match-${conversation.id}/${message_id}`}
      onSelect={() => onGo(conversationHref(conversation.id, message_id))}
      className={`${ITEM} items-start`}
    >
      <ConversationIcon conversation={conversation} />
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="truncate">
          {inTitle && snippet ? (
            <Marked text={snippet} ranges={highlights} />
          ) : (
            conversation.title || words.untitled
          )}
        </span>
        {inTitle ? null : (
          <span className="line-clamp-2 text-[13px] text-muted leading-snug">
            <Marked text={snippet} ranges={highlights} />
          </span>
        )}
      </span>
      <When seconds={conversation.updated_at} />
    </Cmdk.Item>
  );
}

export function MoreItem({ busy, onChoose }: { busy: boolean; onChoose: () => void }) {
  const words = useText().palette;
  return (
    <Cmdk.Item value="more-results" disabled={busy} onSelect={onChoose} className={ITEM}>
      <ChevronDown aria-hidden className="size-4 shrink-0 text-muted" />
      {words.moreResults}
    </Cmdk.Item>
  );
}

function ConversationIcon({ conversation }: { conversation: Conversation }) {
  const { isPinned } = useText().history;
  const icon = "mt-0.5 size-4 shrink-0 self-start text-muted";
  return conversation.pinned ? (
    <Pin aria-label={isPinned} className={icon} />
  ) : (
    <MessageSquare aria-hidden className={icon} />
  );
}

function Marked({ text, ranges }: { text: string; ranges: [number, number][] }) {
  let at = 0;
  return split(text, ranges).map((piece) => {
    const key = at;
    at += piece.text.length;
    return piece.marked ? (
      <mark key={key} className="rounded-[3px] bg-accent-soft px-px font-medium text-accent">
        {piece.text}
      </mark>
    ) : (
      piece.text
    );
  });
}

function When({ seconds }: { seconds: number }) {
  const language = LANG[useLanguage()];
  const date = new Date(seconds * 1000);
  const now = new Date();
  const format: Intl.DateTimeFormatOptions =
    date.toDateString() === now.toDateString()
      ? { hour: "numeric", minute: "2-digit" }
      : {
          month: "short",
          day: "numeric",
          ...(date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }),
        };
  return (
    <time
      dateTime={date.toISOString()}
      className="shrink-0 self-start pt-px text-muted text-xs leading-5 tabular-nums"
    >
      {new Intl.DateTimeFormat(language, format).format(date)}
    </time>
  );
}
