"use client";

import { type ReactNode, useRef } from "react";

interface FilePickerProps {
  onFiles: (files: File[]) => void;
  /** Given what opens the picker. */
  children: (open: () => void) => ReactNode;
}

export function FilePicker({ onFiles, children }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept=".txt,.md,text/plain,text/markdown"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = ""; // the same file again is a choice, too
          if (files.length > 0) onFiles(files);
        }}
      />
      {children(() => input.current?.click())}
    </>
  );
}
