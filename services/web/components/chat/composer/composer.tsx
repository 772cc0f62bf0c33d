"use client";

import { useEffect, useRef, useState } from "react";
import { useShortcut } from "@/lib/shortcuts/provider";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import type { ChatPart } from "../model/message";
import { currentOf } from "../model/models";
import { AttachmentPreviews } from "./attachment-previews";
import { ComposerTools } from "./composer-tools";
import { DropVeil } from "./drop-veil";
import { FileProblems } from "./file-problems";
import { isComposing } from "./keys";
import { filesOf } from "./pasted";
import { SendButton } from "./send-button";
import { type Attachments, useAttachments } from "./use-attachments";
import { useDraft } from "./use-draft";
import { useDrop } from "./use-drop";
import { useChoices, useModels } from "./use-models";

const MAX_TYPED = 100_000;

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
  const { draftKey, busy, stopping, onStop, onBegun } = props;
  const words = useText().chat.composer;
  const [text, setText] = useDraft(draftKey);
  const [choices] = useChoices();
  const models = useModels();
  const model = currentOf(models, choices.model);
  const attachments = useAttachments(model?.takesPictures ?? true, model?.id ?? "");
  const over = useDrop(attachments.add);
  const field = useFocusedField();
  const problems = useProblems(text, attachments);
  const { send, sending, ready } = useSend(props, text, setText, attachments);
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
        <FileProblems problems={problems} />
        <textarea
          ref={field}
          value={text}
          rows={1}
          readOnly={sending}
          aria-label={words.label}
          placeholder={words.placeholder}
          onChange={(event) => {
            onBegun();
            setText(event.target.value);
          }}
          onKeyDown={pressed}
          onPaste={(event) => {
            const files = filesOf(event.clipboardData, words.pasted);
            if (!files) return;
            event.preventDefault();
            attachments.add(files);
          }}
          className="field-sizing-content scrollbar-thin block max-h-[40vh] min-h-12 w-full resize-none bg-transparent px-4 pt-3 pb-1 text-[15.5px] leading-[1.6] outline-none placeholder:text-faint"
        />
        <div className="flex items-center gap-1 px-2 pb-2">
          <ComposerTools models={models} onFiles={attachments.add} />
          <SendButton
            busy={busy}
            stopping={stopping}
            sending={sending}
            ready={ready}
            onStop={onStop}
          />
        </div>
      </form>
      <p className="mt-2 hidden text-center text-faint text-xs sm:block">{words.hint}</p>
    </div>
  );
}

function useProblems(text: string, { problems }: Attachments): string[] {
  const words = useText().chat.composer;
  const locale = LANG[useLanguage()];
  if (text.length <= MAX_TYPED) return problems;
  return [...problems, words.tooLong(new Intl.NumberFormat(locale).format(MAX_TYPED))];
}

/** Nothing of a question is given up before it is on its way. */
function useSend(
  { busy, onAsk }: ComposerProps,
  text: string,
  setText: (text: string) => void,
  { files, sendable, clear }: Attachments,
) {
  const [sending, setSending] = useState(false);
  const something = text.trim() !== "" || files.length > 0;
  const ready = something && sendable && text.length <= MAX_TYPED && !sending;
  const send = async () => {
    if (busy || !ready) return;
    setSending(true);
    try {
      await onAsk(asParts(files, text));
      setText("");
      clear();
    } catch {
      // Whoever could not take it has said so; it is all still here.
    } finally {
      setSending(false);
    }
  };
  return { send: () => void send(), sending, ready };
}

function asParts(files: Attachments["files"], text: string): ChatPart[] {
  const attached = files.map(({ name, mediaType, url }) => ({
    type: "file" as const,
    filename: name,
    mediaType,
    url,
  }));
  return [...attached, ...(text.trim() ? [{ type: "text" as const, text: text.trim() }] : [])];
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
