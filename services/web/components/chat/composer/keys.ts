import type { KeyboardEvent } from "react";

const COMPOSING_KEY_CODE = 229; // Safari ends a composition before its Enter arrives

/** The key belongs to an input method: its Enter chooses a word and sends nothing. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.nativeEvent.isComposing || event.keyCode === COMPOSING_KEY_CODE;
}
