"use client";

import { ChevronDown } from "lucide-react";
import { useRef } from "react";
import {
  Menu,
  MenuContent,
  MenuLabel,
  MenuRadioGroup,
  MenuRadioItem,
  MenuTrigger,
} from "@/components/ui/menu";
import type { ChatModel } from "@/lib/api/models";
import { useText } from "@/lib/text";
import { currentOf } from "../model/models";
import { focusComposer } from "./focus";

interface ModelPickerProps {
  models: ChatModel[] | null;
  chosen: string;
  onChoose: (model: string) => void;
  /** It is about to be looked at. */
  onOpen: () => void;
}

/** Hidden where there is nothing to choose. A chosen model that is away stays chosen: another answers until it is back. */
export function ModelPicker({ models, chosen, onChoose, onOpen }: ModelPickerProps) {
  const { models: words } = useText().chat;
  const current = currentOf(models, chosen);
  const hasChosen = useRef(false);
  if (!models || !current) return null;
  const away = chosen !== "" && current.id !== chosen ? chosen : "";
  if (models.length < 2 && !away) return null;
  return (
    <Menu
      onOpenChange={(open) => {
        hasChosen.current &&= !open;
        if (open) onOpen();
      }}
    >
      <MenuTrigger
        aria-label={`${words.label}: ${current.id}`}
        className="flex h-8 min-w-0 items-center gap-1 rounded-md px-2 text-[13px] text-muted transition-colors hover:bg-hover hover:text-text data-[state=open]:bg-hover pointer-coarse:h-11"
      >
        <span className="max-w-44 truncate">{current.id}</span>
        <ChevronDown aria-hidden className="size-3.5 shrink-0" />
      </MenuTrigger>
      <MenuContent
        side="top"
        align="start"
        className="max-w-80"
        onCloseAutoFocus={(event) => {
          // With the model the question is begun.
          if (hasChosen.current && focusComposer()) event.preventDefault();
        }}
      >
        <MenuRadioGroup
          value={current.id}
          onValueChange={(model) => {
            hasChosen.current = true;
            onChoose(model);
          }}
        >
          <MenuLabel>{words.label}</MenuLabel>
          {away ? (
            <MenuRadioItem value={away} disabled>
              <Name id={away} note={words.away} />
            </MenuRadioItem>
          ) : null}
          {models.map(({ id, root }) => (
            <MenuRadioItem key={id} value={id}>
              <Name id={id} note={root === id ? "" : words.alias(root)} />
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}

function Name({ id, note }: { id: string; note: string }) {
  return (
    <span className="min-w-0">
      <span className="block truncate">{id}</span>
      {note ? <span className="block truncate text-faint text-xs">{note}</span> : null}
    </span>
  );
}
