"use client";

import { useEffect, useRef } from "react";
import { useShortcut } from "@/lib/shortcuts/provider";
import { useText } from "@/lib/text";
import type { ChatPart } from "../model/message";
import { currentOf } from "../model/models";
import { AttachmentPreviews } from "./attachment-previews";
import { ComposerField } from "./composer-field";
import { ComposerTools } from "./composer-tools";
import { DropVeil } from "./drop-veil";
import { FileProblems } from "./file-problems";
import { focusComposer } from "./focus";
import { SendButton } from "./send-button";
import { keysOf } from "./typing-keys";
import { useAttachments } from "./use-attachments";
import { useDraft } from "./use-draft";
import { useDrop } from "./use-drop";
import { useChoices, useModels } from "./use-models";
import { useProblems, useSend } from "./use-send";

interface ComposerProps {
  draftKey: string;
  busy: boolean;
  stopping: boolean;
  /** What was typed is kept until a promise is fulfilled, and where it is not. */
  onAsk: (parts: ChatPart[]) => Promise<void> | void;
  onStop: () => void;
  /** A question is begun: what its answer needs can be loaded. */
  onBegun: () => void;
}

export function Composer(props: ComposerProps) {
  const { draftKey, busy, stopping, onAsk, onStop, onBegun } = props;
  const words = useText().chat.composer;
  const [text, setText] = useDraft(draftKey);
  const [choices] = useChoices();
  const models = useModels();
  const model = currentOf(models, choices.model);
  const attachments = useAttachments(model?.takesPictures ?? true, model?.id ?? "");
  const over = useDrop(attachments.add);
  const field = useFocusedField();
  useTypedBefore(field, setText);
  const problems = useProblems({ text, attachments });
  const { send, sending, ready } = useSend({ text, setText, attachments }, onAsk, busy);
  const stop = () => {
    onStop();
    focusComposer();
  };

  return (
    <div className="shrink-0 px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-4">
      <DropVeil shown={over} />
      <form
        className="mx-auto max-w-184 rounded-2xl border border-line-strong bg-raised shadow-[0_1px_2px_rgb(0_0_0/0.04)] focus-within:border-accent"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <AttachmentPreviews {...attachments} />
        <FileProblems problems={problems} />
        <ComposerField
          field={field}
          text={text}
          readOnly={sending}
          onText={(typed) => {
            onBegun();
            setText(typed);
          }}
          onKeyDown={keysOf({ busy, text, send, onStop })}
          onFiles={attachments.add}
        />
        <div className="flex items-center gap-1 px-2 pb-2">
          <ComposerTools models={models} onFiles={attachments.add} />
          <SendButton {...{ busy, stopping, sending, ready, onStop: stop }} />
        </div>
      </form>
      <p className="mt-2 hidden text-center text-faint text-xs sm:block">{words.hint}</p>
    </div>
  );
}

/** What was typed before the page's scripts were there is kept. */
function useTypedBefore(
  field: React.RefObject<HTMLTextAreaElement | null>,
  setText: (text: string) => void,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, as the scripts take over
  useEffect(() => {
    if (field.current?.value) setText(field.current.value);
  }, []);
}

/** Has the focus when a chat is opened, where that does not bring up a keyboard on the screen. */
function useFocusedField() {
  const field = useRef<HTMLTextAreaElement>(null);
  useShortcut("focusComposer", () => field.current?.focus());
  useEffect(() => {
    focusComposer();
  }, []);
  return field;
}
