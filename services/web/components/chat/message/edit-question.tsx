"use client";

import type { FileUIPart } from "ai";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { useText } from "@/lib/text";
import { isComposing } from "../composer/keys";
import { FileList } from "./file-list";

interface EditQuestionProps {
  text: string;
  files: FileUIPart[];
  onSave: (text: string) => void;
  onCancel: () => void;
}

export function EditQuestion({ text, files, onSave, onCancel }: EditQuestionProps) {
  const [changed, setChanged] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  const { chat, common } = useText();
  const canSave = changed.trim() !== "" || files.length > 0;
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
    // The list has yet to learn how high this is.
    const frame = requestAnimationFrame(() =>
      field.current?.form?.scrollIntoView({ block: "nearest" }),
    );
    return () => cancelAnimationFrame(frame);
  }, [text]);
  return (
    <form
      className="rounded-2xl scroll-my-3 border border-line-strong bg-raised p-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (canSave) onSave(changed);
      }}
    >
      <FileList files={files} />
      <textarea
        ref={field}
        value={changed}
        aria-label={chat.message.editLabel}
        onChange={(event) => setChanged(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            onCancel();
          } else if (event.key === "Enter" && !event.shiftKey && !isComposing(event)) {
            event.preventDefault();
            if (canSave) onSave(changed);
          }
        }}
        className="field-sizing-content max-h-[40vh] min-h-16 w-full resize-none bg-transparent px-2 py-1 text-[15.5px] leading-[1.6] outline-none"
      />
      <div className="flex justify-end gap-2">
        <Button variant="secondary" size="sm" onClick={onCancel}>
          {common.actions.cancel}
        </Button>
        <Button type="submit" size="sm" disabled={!canSave}>
          {chat.message.saveEdit}
        </Button>
      </div>
    </form>
  );
}
