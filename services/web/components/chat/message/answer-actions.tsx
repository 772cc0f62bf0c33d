"use client";

import { RefreshCw } from "lucide-react";
import { CopyButton } from "@/components/ui/copy-button";
import { IconButton } from "@/components/ui/icon-button";
import { useText } from "@/lib/text";
import { textOf } from "../model/message";
import { ActionRow } from "./action-row";
import { MessageDetails } from "./message-details";
import type { MessageRowProps } from "./message-row";
import { VersionSwitch } from "./version-switch";

export function AnswerActions(props: MessageRowProps) {
  const { conversation, message, busy, isLast, version, versions } = props;
  const { message: words } = useText().chat;
  return (
    <ActionRow always={isLast || versions > 1} className="-ml-1.5 mt-2">
      <CopyButton text={() => textOf(message)} label={words.copyAnswer} />
      <IconButton
        size="sm"
        label={words.regenerate}
        disabled={busy}
        onClick={() => void conversation.regenerate(message.id)}
      >
        <RefreshCw aria-hidden />
      </IconButton>
      <MessageDetails metadata={message.metadata} />
      <VersionSwitch
        conversation={conversation}
        message={message.id}
        version={version}
        versions={versions}
        disabled={busy}
      />
    </ActionRow>
  );
}
