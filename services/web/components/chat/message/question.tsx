"use client";

import { Pencil } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { CopyButton } from "@/components/ui/copy-button";
import { IconButton } from "@/components/ui/icon-button";
import { useText } from "@/lib/text";
import { focusComposer } from "../composer/focus";
import { textOf } from "../model/message";
import { ActionRow } from "./action-row";
import { EditQuestion } from "./edit-question";
import { FileList } from "./file-list";
import { LongText } from "./long-text";
import type { MessageRowProps } from "./message-row";
import { VersionSwitch } from "./version-switch";

export function Question({ conversation, message, busy, version, versions }: MessageRowProps) {
  const { editing, pencil, begin, giveUp, end } = useEditing();
  const { message: words, youSaid } = useText().chat;
  const text = textOf(message);
  const files = message.parts.filter((part) => part.type === "file");
  if (editing) {
    return (
      <EditQuestion
        text={text}
        files={files}
        onCancel={giveUp}
        onSave={(changed) => {
          end();
          const said = changed.trim() ? [{ type: "text" as const, text: changed }] : [];
          void conversation.edit(message.id, [...files, ...said]);
          focusComposer();
        }}
      />
    );
  }
  return (
    <article
      aria-label={youSaid}
      data-question={message.id}
      className="flex flex-col items-end gap-1"
    >
      <FileList files={files} />
      {text ? <LongText text={text} /> : null}
      <ActionRow always={versions > 1}>
        <CopyButton text={text} label={words.copy} />
        <IconButton
          size="sm"
          label={words.edit}
          ref={pencil}
          data-edit
          disabled={busy}
          onClick={begin}
        >
          <Pencil aria-hidden />
        </IconButton>
        <VersionSwitch
          conversation={conversation}
          message={message.id}
          version={version}
          versions={versions}
          disabled={busy}
        />
      </ActionRow>
    </article>
  );
}

/** Given up, the focus goes back to the button that it was begun with. */
function useEditing() {
  const [state, setState] = useState<"editing" | "givenUp" | "done">("done");
  const pencil = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (state === "givenUp") pencil.current?.focus();
  }, [state]);
  return {
    editing: state === "editing",
    pencil,
    begin: () => setState("editing"),
    giveUp: () => setState("givenUp"),
    end: () => setState("done"),
  };
}
