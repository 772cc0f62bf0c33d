"use client";

import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { shortcutOf, written } from "./matching";
import { type GlobalShortcutId, SHORTCUTS, type ShortcutId } from "./registry";

type Handlers = Map<ShortcutId, (() => void)[]>;

const HandlersContext = createContext<Handlers | null>(null);
const FIELDS = "input, textarea, select, [contenteditable=''], [contenteditable='true']";
const OVERLAYS = "[role='dialog'][data-state='open'], [role='alertdialog'], [role='menu']";

/** One listener for all keys; who mounted last gets a key that several want. */
export function ShortcutProvider({ children }: { children: ReactNode }) {
  const [handlers] = useState<Handlers>(() => new Map());
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : null;
      const place = {
        typing: target?.closest(FIELDS) != null,
        dialog: document.querySelector(OVERLAYS) !== null,
      };
      const id = shortcutOf(event, place, isMac());
      const run = id && handlers.get(id)?.at(-1);
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [handlers]);
  return <HandlersContext value={handlers}>{children}</HandlersContext>;
}

/** `useShortcut("newChat", () => …)` while the component is there. */
export function useShortcut(id: GlobalShortcutId, run: () => void): void {
  const handlers = useContext(HandlersContext);
  const latest = useRef(run);
  useLayoutEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!handlers) return;
    const call = () => latest.current();
    handlers.set(id, [...(handlers.get(id) ?? []), call]);
    return () => {
      handlers.set(
        id,
        (handlers.get(id) ?? []).filter((each) => each !== call),
      );
    };
  }, [handlers, id]);
}

/** The keys of a shortcut for a tooltip or a menu; nothing until the browser has told what it runs on. */
export function useKeys(id: ShortcutId): string | undefined {
  const mac = useIsMac();
  return mac === null ? undefined : written(SHORTCUTS[id].keys[0] ?? "", mac);
}

export function useIsMac(): boolean | null {
  return useSyncExternalStore(
    () => () => {},
    isMac,
    () => null,
  );
}

function isMac(): boolean {
  return /Mac|iP(hone|ad|od)/.test(navigator.platform);
}
