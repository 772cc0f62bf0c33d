// What the keys of the composer's field do.

import type { KeyboardEvent } from "react";
import { isComposing } from "./keys";

interface Typing {
  busy: boolean;
  text: string;
  send: () => void;
  onStop: () => void;
}

export function keysOf({ busy, text, send, onStop }: Typing) {
  return (event: KeyboardEvent<HTMLTextAreaElement>) => {
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

function editLastQuestion(): boolean {
  const buttons = document.querySelectorAll<HTMLButtonElement>("[data-question] [data-edit]");
  const last = [...buttons].at(-1);
  last?.click();
  return last !== undefined;
}
