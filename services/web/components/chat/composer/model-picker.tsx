"use client";

import { ChevronDown } from "lucide-react";
import { useEffect } from "react";
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

interface ModelPickerProps {
  models: ChatModel[];
  chosen: string;
  onChoose: (model: string) => void;
}

/** Hidden where there is nothing to choose. A model that is gone is no choice any more. */
export function ModelPicker({ models, chosen, onChoose }: ModelPickerProps) {
  const { models: words } = useText().chat;
  const current = models.find(({ id }) => id === chosen) ?? models[0];
  const isGone = chosen !== "" && models.length > 0 && current?.id !== chosen;
  useEffect(() => {
    if (isGone) onChoose("");
  }, [isGone, onChoose]);
  if (models.length < 2 || !current) return null;
  return (
    <Menu>
      <MenuTrigger
        aria-label={`${words.label}: ${current.id}`}
        className="flex h-8 min-w-0 items-center gap-1 rounded-md px-2 text-[13px] text-muted transition-colors hover:bg-hover hover:text-text data-[state=open]:bg-hover pointer-coarse:h-11"
      >
        <span className="max-w-44 truncate">{current.id}</span>
        <ChevronDown aria-hidden className="size-3.5 shrink-0" />
      </MenuTrigger>
      <MenuContent side="top" align="start" className="max-w-80">
        <MenuRadioGroup value={current.id} onValueChange={onChoose}>
          <MenuLabel>{words.label}</MenuLabel>
          {models.map(({ id, root }) => (
            <MenuRadioItem key={id} value={id}>
              <span className="min-w-0">
                <span className="block truncate">{id}</span>
                {root === id ? null : (
                  <span className="block truncate text-faint text-xs">{words.alias(root)}</span>
                )}
              </span>
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}
