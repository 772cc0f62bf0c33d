"use client";

import { useEffect, useRef } from "react";
import { useText } from "@/lib/text";

interface RenameFieldProps {
  title: string;
  /** Null: it stays as it is. `byKey`: the focus goes back to the row. */
  onDone: (title: string | null, byKey: boolean) => void;
}

const TITLE_CHARACTERS = 200;

export function RenameField({ title, onDone }: RenameFieldProps) {
  const words = useText().history;
  const field = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useEffect(() => field.current?.select(), []);
  const finish = (given: string | null, byKey: boolean) => {
    if (done.current) return; // the field that goes away with Enter loses the focus, too
    done.current = true;
    onDone(given, byKey);
  };
  return (
    <input
      ref={field}
      aria-label={words.newTitle}
      defaultValue={title}
      maxLength={TITLE_CHARACTERS}
      onBlur={(event) => finish(event.currentTarget.value, false)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") finish(event.currentTarget.value, true);
        if (event.key === "Escape") {
          event.preventDefault();
          finish(null, true);
        }
      }}
      className="h-8 w-full rounded-md border border-focus bg-raised px-2.5 text-sm text-text outline-none ring-1 ring-focus pointer-coarse:h-11 pointer-coarse:text-base"
    />
  );
}
