"use client";

import { Command as Cmdk } from "cmdk";
import { Search as SearchIcon } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useLayoutEffect, useRef, useState } from "react";
import { Overlay, useFocusBack } from "@/components/ui/dialog";
import { Spinner } from "@/components/ui/spinner";
import { wordsFor } from "@/lib/api/errors";
import { useConversations } from "@/lib/history/provider";
import { useOpening } from "@/lib/history/use-opening";
import { useText } from "@/lib/text";
import { type Command, isCommandFor, useCommandList } from "./commands";
import { CommandItem, ConversationItem, Group, MatchItem, MoreItem } from "./items";
import { localMatches } from "./local-matches";
import { useSearch } from "./use-search";

const RECENT = 6;

export default function Palette({ onClose }: { onClose: () => void }) {
  const words = useText().palette;
  const open = useOpening();
  const [query, setQuery] = useState("");
  const leaves = useRef(false);
  const focusBack = useFocusBack();
  const { list, chosen, setChosen } = useFirstChosen();
  const search = useSearch(query);
  const choose = (run: () => void) => {
    leaves.current = true; // what is chosen decides where the focus is next
    onClose();
    run();
  };
  return (
    <Radix.Root open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Radix.Portal>
        <Overlay />
        <Radix.Content
          aria-describedby={undefined}
          onCloseAutoFocus={(event) => (leaves.current ? event.preventDefault() : focusBack(event))}
          className="-translate-x-1/2 fixed top-[max(1rem,12dvh)] left-1/2 z-50 flex h-[min(30rem,76dvh)] w-[min(40rem,calc(100vw-1.5rem))] animate-rise flex-col overflow-hidden rounded-xl border border-line bg-raised shadow-float outline-none"
        >
          <Radix.Title className="sr-only">{words.title}</Radix.Title>
          <Cmdk
            label={words.title}
            value={chosen}
            onValueChange={setChosen}
            shouldFilter={false}
            vimBindings={false}
            loop
            className="relative flex min-h-0 flex-1 flex-col outline-none"
          >
            <Field
              query={query}
              onQuery={(written) => {
                setChosen("");
                setQuery(written);
              }}
              searching={search.searching}
            />
            <Cmdk.List
              ref={list}
              label={words.title}
              className="scrollbar-thin min-h-0 flex-1 overflow-y-auto overscroll-contain p-2"
            >
              <Results
                query={query.trim()}
                search={search}
                onCommand={(command) => choose(command.run)}
                onGo={(href) => choose(() => open(href))}
              />
            </Cmdk.List>
            <Verdict query={query.trim()} search={search} />
            <Hints />
          </Cmdk>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** While what was chosen is not among the results, the first of them is: Enter always has something to open. */
function useFirstChosen() {
  const list = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState("");
  useLayoutEffect(() => {
    const items = list.current?.querySelectorAll<HTMLElement>("[cmdk-item]") ?? [];
    const values = [...items].map((item) => item.dataset.value ?? "");
    if (values[0] && !values.includes(chosen)) setChosen(values[0]);
  });
  return { list, chosen, setChosen };
}

interface FieldProps {
  query: string;
  onQuery: (query: string) => void;
  searching: boolean;
}

function Field({ query, onQuery, searching }: FieldProps) {
  const words = useText().palette;
  const icon = "size-[18px] shrink-0 text-muted";
  return (
    <div className="flex shrink-0 items-center gap-3 border-line border-b px-4">
      {searching ? (
        <Spinner label={words.searching} className={icon} />
      ) : (
        <SearchIcon aria-hidden className={icon} />
      )}
      <Cmdk.Input
        value={query}
        onValueChange={onQuery}
        maxLength={200}
        placeholder={words.placeholder}
        className="h-13 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-faint"
      />
    </div>
  );
}

interface ResultsProps {
  query: string;
  search: ReturnType<typeof useSearch>;
  onCommand: (command: Command) => void;
  onGo: (href: string) => void;
}

function Results({ query, search, onCommand, onGo }: ResultsProps) {
  const text = useText();
  const words = text.palette;
  const { pinned, recent } = useConversations();
  const commands = useCommandList().filter((command) => isCommandFor(query, command));
  const actions = commands.map((command) => (
    <CommandItem key={command.id} command={command} onChoose={onCommand} />
  ));
  if (query === "") {
    const newest = [...pinned, ...recent]
      .sort((one, other) => other.updated_at - one.updated_at)
      .slice(0, RECENT);
    return (
      <>
        <Group heading={words.actions}>{actions}</Group>
        {newest.length > 0 ? (
          <Group heading={words.recent}>
            {newest.map((each) => (
              <ConversationItem key={each.id} conversation={each} onGo={onGo} />
            ))}
          </Group>
        ) : null}
      </>
    );
  }
  const matches = search.matches ?? localMatches(query, [...pinned, ...recent]);
  return (
    <>
      {actions.length > 0 ? <Group heading={words.actions}>{actions}</Group> : null}
      {matches.length > 0 ? (
        <Group heading={words.conversations}>
          {matches.map((match) => (
            <MatchItem
              key={`${match.conversation.id}/${match.message_id}`}
              match={match}
              onGo={onGo}
            />
          ))}
          {search.more ? <MoreItem busy={search.searching} onChoose={search.loadMore} /> : null}
        </Group>
      ) : null}
    </>
  );
}

/** Outside the list, which may hold nothing but what can be chosen. */
function Verdict({ query, search }: Pick<ResultsProps, "query" | "search">) {
  const text = useText();
  const words = text.palette;
  const commands = useCommandList().filter((command) => isCommandFor(query, command));
  const found = (search.matches?.length ?? 0) + commands.length;
  const nothing = query !== "" && search.matches !== null && found === 0 && !search.searching;
  return (
    <p role="status" className="absolute inset-x-0 top-1/2 px-6 text-center text-muted text-sm">
      {search.error ? `${words.failed} ${wordsFor(search.error, text)}` : null}
      {nothing && !search.error ? words.none(query) : null}
    </p>
  );
}

function Hints() {
  const { hints } = useText().palette;
  const each = [
    ["↑↓", hints.move],
    ["↵", hints.choose],
    ["Esc", hints.close],
  ] as const;
  return (
    <div
      aria-hidden
      className="flex shrink-0 gap-4 border-line border-t px-4 py-2 text-faint text-xs pointer-coarse:hidden"
    >
      {each.map(([keys, what]) => (
        <span key={keys} className="flex items-center gap-1.5">
          <kbd className="rounded-sm border border-line bg-surface px-1.5 font-sans text-[11px] leading-4.5">
            {keys}
          </kbd>
          {what}
        </span>
      ))}
    </div>
  );
}
