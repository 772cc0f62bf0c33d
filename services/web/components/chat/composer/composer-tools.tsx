"use client";

import { BookOpen, Paperclip } from "lucide-react";
import { useCallback, useRef } from "react";
import { IconButton } from "@/components/ui/icon-button";
import { Tooltip } from "@/components/ui/tooltip";
import type { ChatModel } from "@/lib/api/models";
import { cn } from "@/lib/classes";
import { useText } from "@/lib/text";
import { useChatWorld } from "../chat-provider";
import { ModelPicker } from "./model-picker";
import { useChoices } from "./use-models";

interface ComposerToolsProps {
  models: ChatModel[] | null;
  onFiles: (files: File[]) => void;
}

export function ComposerTools({ models, onFiles }: ComposerToolsProps) {
  const { composer: words } = useText().chat;
  const [chosen] = useChoices();
  const { choices, models: known } = useChatWorld();
  const picker = useRef<HTMLInputElement>(null);
  const choose = useCallback((model: string) => choices.choose({ model }), [choices]);
  const look = useCallback(() => void known.refresh(), [known]);
  return (
    <>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = ""; // the same file can be chosen again
        }}
      />
      <IconButton label={words.attach} size="sm" onClick={() => picker.current?.click()}>
        <Paperclip aria-hidden />
      </IconButton>
      <Tooltip label={chosen.retrieval ? words.documentsOn : words.documentsOff} side="top">
        <button
          type="button"
          aria-pressed={chosen.retrieval}
          onClick={() => choices.choose({ retrieval: !chosen.retrieval })}
          className={cn(
            "flex h-7 shrink-0 items-center gap-1.5 rounded-full border px-2.5 text-[13px] transition-colors pointer-coarse:h-11",
            chosen.retrieval
              ? "border-transparent bg-accent-soft text-accent"
              : "border-line text-muted hover:bg-hover hover:text-text",
          )}
        >
          <BookOpen aria-hidden className="size-3.5" />
          {words.documents}
        </button>
      </Tooltip>
      <ModelPicker models={models} chosen={chosen.model} onChoose={choose} onOpen={look} />
      <span className="flex-1" />
    </>
  );
}
