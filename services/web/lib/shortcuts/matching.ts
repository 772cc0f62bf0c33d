// Which shortcut a key press is, and how its keys are written for the reader.

import { SHORTCUT_IDS, SHORTCUTS, type ShortcutId } from "./registry";

export interface Press {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

export interface Place {
  /** The focus is in a field that takes text. */
  typing: boolean;
  /** A dialog or a menu is open. */
  dialog: boolean;
}

const COMPOSING_KEY_CODE = 229;

export function shortcutOf(press: Press, place: Place, mac: boolean): ShortcutId | null {
  if (press.isComposing || press.keyCode === COMPOSING_KEY_CODE) return null;
  for (const id of SHORTCUT_IDS) {
    const { keys, local, overDialogs } = SHORTCUTS[id];
    if (local || (place.dialog && !overDialogs)) continue;
    const found = keys.find((each) => matches(press, each, mac));
    if (found && !(place.typing && isPlain(found))) return id;
  }
  return null;
}

/** For what the focused element handles itself. */
export function isPress(press: Press, id: ShortcutId, mac: boolean): boolean {
  return SHORTCUTS[id].keys.some((keys) => matches(press, keys, mac));
}

/** AltGr is Ctrl and Alt on Windows, and writes characters: whatever has Alt is none of ours. */
export function matches(press: Press, keys: string, mac: boolean): boolean {
  const { key, mod, shift } = parse(keys);
  const modHeld = mac ? press.metaKey : press.ctrlKey;
  const otherHeld = mac ? press.ctrlKey : press.metaKey;
  if (press.altKey || otherHeld || modHeld !== mod) return false;
  const symbol = key.length === 1 && !/[a-z0-9]/.test(key);
  if (!symbol && press.shiftKey !== shift) return false; // which symbols need Shift is the layout's affair
  return press.key.toLowerCase() === key || (mod && press.code === codeOf(key));
}

/** "Ctrl Shift O", "⇧⌘O". */
export function written(keys: string, mac: boolean): string {
  return labels(keys, mac).join(mac ? "" : " ");
}

/** Each key by itself. */
export function labels(keys: string, mac: boolean): string[] {
  const { key, mod, shift } = parse(keys);
  const name = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : titled(key));
  return mac
    ? [shift ? "⇧" : "", mod ? "⌘" : "", MAC_NAMES[key] ?? name].filter(Boolean)
    : [mod ? "Ctrl" : "", shift ? "Shift" : "", name].filter(Boolean);
}

const NAMES: Record<string, string> = { arrowup: "↑", arrowdown: "↓", escape: "Esc" };
const MAC_NAMES: Record<string, string> = {
  enter: "↩",
  delete: "⌦",
  backspace: "⌫",
  escape: "esc",
};

function parse(keys: string): { key: string; mod: boolean; shift: boolean } {
  const parts = keys.split("+");
  return { key: parts.at(-1) ?? "", mod: parts.includes("mod"), shift: parts.includes("shift") };
}

/** Without Ctrl or ⌘ it is something that a writer writes. */
function isPlain(keys: string): boolean {
  return !keys.includes("mod+") && !keys.includes("escape");
}

/** Where a layout has other letters on the keys (Cyrillic, or a Chinese input), the place of the key counts. */
function codeOf(key: string): string {
  return key === "/" ? "Slash" : `Key${key.toUpperCase()}`;
}

function titled(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}
