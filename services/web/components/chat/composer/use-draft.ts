"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { useChatWorld } from "../chat-provider";

const QUIET_MS = 300;

/** What is typed for a conversation, kept for as long as it is not sent. Empty until the browser has been asked. */
export function useDraft(conversation: string): [string, (text: string) => void] {
  const { drafts } = useChatWorld();
  const [text, setText] = useState("");
  const unsaved = useRef<(() => void) | null>(null);

  useEffect(() => {
    setText(drafts.get(conversation));
    return () => {
      unsaved.current?.();
      unsaved.current = null;
    };
  }, [drafts, conversation]);

  useEffect(
    () =>
      drafts.onRestored((restored) => {
        if (restored === conversation) setText((typed) => typed || drafts.get(conversation));
      }),
    [drafts, conversation],
  );

  useEffect(() => {
    const save = () => unsaved.current?.();
    window.addEventListener("pagehide", save);
    return () => window.removeEventListener("pagehide", save);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: saved when the typing rests
  useEffect(() => {
    const timer = setTimeout(() => {
      unsaved.current?.();
      unsaved.current = null;
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [text]);

  const change = useCallback(
    (changed: string) => {
      setText(changed);
      unsaved.current = () => drafts.set(conversation, changed);
      if (changed === "") unsaved.current();
    },
    [drafts, conversation],
  );
  return [text, change];
}
