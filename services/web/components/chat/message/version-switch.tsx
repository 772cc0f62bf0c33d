"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { IconButton } from "@/components/ui/icon-button";
import { useText } from "@/lib/text";
import type { Conversation } from "../model/conversation";

interface VersionSwitchProps {
  conversation: Conversation;
  message: string;
  version: number;
  versions: number;
  disabled: boolean;
}

/** ‹ 2/3 › */
export function VersionSwitch(props: VersionSwitchProps) {
  const { conversation, message, version, versions, disabled } = props;
  const { versions: words } = useText().chat;
  if (versions < 2) return null;
  const show = (place: number) => {
    const id = conversation.versionsOf(message).ids[place];
    if (id) conversation.show(id);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div role="group" aria-label={words.label} className="flex items-center text-muted text-xs">
      <IconButton
        size="sm"
        label={words.before}
        disabled={disabled || version === 0}
        onClick={() => show(version - 1)}
      >
        <ChevronLeft aria-hidden />
      </IconButton>
      <span className="tabular-nums">
        <span aria-hidden>{words.of(version + 1, versions)}</span>
        <span className="sr-only">{words.said(version + 1, versions)}</span>
      </span>
      <IconButton
        size="sm"
        label={words.after}
        disabled={disabled || version === versions - 1}
        onClick={() => show(version + 1)}
      >
        <ChevronRight aria-hidden />
      </IconButton>
    </div>
  );
}
