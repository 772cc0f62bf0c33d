"use client";

import { useState } from "react";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import type { ChatPart } from "../model/message";
import type { Attachments } from "./use-attachments";

const MAX_TYPED = 100_000;

interface Written {
  text: string;
  setText: (text: string) => void;
  attachments: Attachments;
}

/** Sends what is written. Nothing of it is given up before it is on its way. */
export function useSend(
  { text, setText, attachments }: Written,
  onAsk: (parts: ChatPart[]) => Promise<void> | void,
  busy: boolean,
) {
  const { files, sendable, clear } = attachments;
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

/** Why it cannot be sent as it is. */
export function useProblems({ text, attachments }: Pick<Written, "text" | "attachments">) {
  const words = useText().chat.composer;
  const locale = LANG[useLanguage()];
  if (text.length <= MAX_TYPED) return attachments.problems;
  const limit = new Intl.NumberFormat(locale).format(MAX_TYPED);
  return [...attachments.problems, words.tooLong(limit)];
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
