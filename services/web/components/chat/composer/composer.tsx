"use client";

import { useCallback, useEffect, useRef } from "react";
import { useShortcut } from "@/lib/shortcuts/provider";
import { useText } from "@/lib/text";
import type { ChatPart } from "../model/message";
import { AttachmentPreviews } from "./attachment-previews";
import { ComposerTools } from "./composer-tools";
import { DropVeil } from "./drop-veil";
import { FileProblems } from "./file-problems";
import { isComposing } from "./keys";
import { SendButton } from "./send-button";
import { useAttachments } from "./use-attachments";
import { useDraft } from "./use-draft";
import { useDrop } from "./use-drop";
import { useChoices, useModels } from "./use-models";

const MAX_CHARACTERS = 100_000;

interface ComposerProps {
  draftKey: string;
  busy: boolean;
  stopping: boolean;
  onAsk: (parts: ChatPart[]) => void;
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
  const model = models?.find(({ id }) => id === choices.model) ?? models?.[0];
  const attachments = useAttachments(model?.takesPictures ?? false, model?.id ?? "");
  const over = useDrop(attachments.add);
  const field = useFocusedField();
  const ready = (text.trim() !== "" || attachments.files.length > 0) && !attachments.reading;

  const send = useCallback(() => {
    if (busy || !ready) return;
    onAsk(asParts(attachments.files, text));
    setText("");
    attachments.clear();
  }, [busy, ready, attachments, text, setText, onAsk]);

  const pressed = keysOf({ busy, text, send, onStop });

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
        <FileProblems problems={attachments.problems} />
        <textarea
          ref={field}
          value={text}
          rows={1}
          maxLength={MAX_CHARACTERS}
          aria-label={words.label}
          placeholder={words.placeholder}
          onChange={(event) => {
            onBegun();
            setText(event.target.value);
          }}
          onKeyDown={pressed}
          onPaste={(event) => takeFiles(event, attachments.add)}
          className="field-sizing-content scrollbar-thin block max-h-[40vh] min-h-12 w-full resize-none bg-transparent px-4 pt-3 pb-1 text-[15.5px] leading-[1.6] outline-none placeholder:text-faint"
        />
        <div className="flex items-center gap-1 px-2 pb-2">
          <ComposerTools models={models ?? []} onFiles={attachments.add} />
          <SendButton busy={busy} stopping={stopping} ready={ready} onStop={onStop} />
        </div>
      </form>
      <p className="mt-2 hidden text-center text-faint text-xs sm:block">{words.hint}</p>
    </div>
  );
}

function asParts(files: ReturnType<typeof useAttachments>["files"], text: string): ChatPart[] {
  const attached = files.map(({ name, mediaType, url }) => ({
    type: "file" as const,
    filename: name,
    mediaType,
    url,
  }));
  return [...attached, ...(text.trim() ? [{ type: "text" as const, text: text.trim() }] : [])];
}

function takeFiles(event: React.ClipboardEvent, add: (files: File[]) => void): void {
  const files = [...event.clipboardData.files];
  if (files.length === 0) return;
  event.preventDefault();
  add(files);
}

interface Typing {
  busy: boolean;
  text: string;
  send: () => void;
  onStop: () => void;
}

/** What the keys of the field do. */
function keysOf({ busy, text, send, onStop }: Typing) {
  return (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (isComposing(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && busy) {
      event.preventDefault();
      onStop();
    } else if (event.key === "ArrowUp" && text === "" && !busy) {
      if (editLastQuestion()) event.preventDefault();
    }
  };
}

/** Has the focus when a chat is opened, where that does not bring up a keyboard on the screen. */
function useFocusedField() {
  const field = useRef<HTMLTextAreaElement>(null);
  useShortcut("focusComposer", () => field.current?.focus());
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, []);
  return field;
}

function editLastQuestion(): boolean {
  const buttons = document.querySelectorAll<HTMLButtonElement>("[data-question] [data-edit]");
  const last = [...buttons].at(-1);
  last?.click();
  return last !== undefined;
}
