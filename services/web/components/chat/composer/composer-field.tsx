"use client";

import type { ClipboardEvent, KeyboardEvent, RefObject } from "react";
import { useText } from "@/lib/text";
import { filesOf } from "./pasted";

interface ComposerFieldProps {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  readOnly: boolean;
  onText: (text: string) => void;
  onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
  onFiles: (files: File[]) => void;
}

/** Grows with what is written in it, up to a part of the page. */
export function ComposerField(props: ComposerFieldProps) {
  const { field, text, readOnly, onText, onKeyDown, onFiles } = props;
  const words = useText().chat.composer;
  const pasted = (event: ClipboardEvent) => {
    const files = filesOf(event.clipboardData, words.pasted);
    if (!files) return;
    event.preventDefault();
    onFiles(files);
  };
  return (
    <textarea
      ref={field}
      value={text}
      rows={1}
      data-composer
      readOnly={readOnly}
      aria-label={words.label}
      placeholder={words.placeholder}
      onChange={(event) => onText(event.target.value)}
      onKeyDown={onKeyDown}
      onPaste={pasted}
      className="field-sizing-content scrollbar-thin block max-h-[40vh] min-h-12 w-full resize-none bg-transparent px-4 pt-3 pb-1 text-[15.5px] leading-[1.6] outline-none placeholder:text-faint"
    />
  );
}
