// Every key that does something, in the one place that the handlers and the sheet of shortcuts read.

export const GROUPS = ["general", "chat", "list"] as const;
export type Group = (typeof GROUPS)[number];

interface Definition {
  group: Group;
  /** `mod` is ⌘ on a Mac and Ctrl elsewhere. Of several the first is shown. */
  keys: readonly string[];
  /** The element that has the focus handles it: `useShortcut` does not. */
  local?: true;
  /** Works while a dialog or a menu is open. */
  overDialogs?: true;
}

const DEFINITIONS = {
  palette: { group: "general", keys: ["mod+k"], overDialogs: true },
  newChat: { group: "general", keys: ["mod+shift+o"] },
  knowledge: { group: "general", keys: ["mod+shift+e"] },
  sidebar: { group: "general", keys: ["mod+b"] },
  shortcuts: { group: "general", keys: ["mod+/", "?"], overDialogs: true },
  focusComposer: { group: "chat", keys: ["/", "shift+escape"] },
  send: { group: "chat", keys: ["enter"], local: true },
  newLine: { group: "chat", keys: ["shift+enter"], local: true },
  stop: { group: "chat", keys: ["escape"], local: true },
  editLast: { group: "chat", keys: ["arrowup"], local: true },
  move: { group: "list", keys: ["arrowdown", "arrowup"], local: true },
  rename: { group: "list", keys: ["f2"], local: true },
  remove: { group: "list", keys: ["delete", "mod+backspace"], local: true },
} as const satisfies Record<string, Definition>;

export type ShortcutId = keyof typeof DEFINITIONS;
export type GlobalShortcutId = {
  [Id in ShortcutId]: (typeof DEFINITIONS)[Id] extends { local: true } ? never : Id;
}[ShortcutId];

export const SHORTCUTS: Readonly<Record<ShortcutId, Definition>> = DEFINITIONS;
export const SHORTCUT_IDS = Object.keys(DEFINITIONS) as ShortcutId[];
