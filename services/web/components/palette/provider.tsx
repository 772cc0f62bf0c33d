"use client";

import { useRouter } from "next/navigation";
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import { useShell } from "@/components/shell/shell";
import { knowledgeHref } from "@/lib/history/addresses";
import { useOpening } from "@/lib/history/use-opening";
import { useShortcut } from "@/lib/shortcuts/provider";

interface Commands {
  /** Search and commands. */
  openPalette: () => void;
  openShortcuts: () => void;
}

const CommandContext = createContext<Commands>({
  openPalette: () => {},
  openShortcuts: () => {},
});

const loadPalette = () => import("./palette");
const loadSheet = () => import("./shortcut-sheet");
const Palette = lazy(loadPalette);
const ShortcutSheet = lazy(loadSheet);
/** The first of the keys that open them. */
const HELD_KEYS = new Set(["Control", "Meta"]);

export function useCommands(): Commands {
  return useContext(CommandContext);
}

/** The palette and the sheet of shortcuts, and the keys that work everywhere. They load with the first
 * of their keys, or as they are opened. */
export function CommandProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<"palette" | "shortcuts" | null>(null);
  const { toggleSidebar, closeSheet } = useShell();
  const router = useRouter();
  const open = useOpening();
  const commands = useMemo<Commands>(
    () => ({
      openPalette: () => setShown("palette"),
      openShortcuts: () => setShown("shortcuts"),
    }),
    [],
  );
  useEffect(() => {
    const nearing = ({ key }: KeyboardEvent) => {
      // a chunk that does not come is asked for again when it is needed, and fails there
      if (HELD_KEYS.has(key)) void Promise.allSettled([loadPalette(), loadSheet()]);
    };
    window.addEventListener("keydown", nearing, { passive: true });
    return () => window.removeEventListener("keydown", nearing);
  }, []);
  useShortcut("palette", () => {
    closeSheet();
    setShown((before) => (before === "palette" ? null : "palette"));
  });
  useShortcut("shortcuts", () =>
    setShown((before) => (before === "shortcuts" ? null : "shortcuts")),
  );
  useShortcut("newChat", () => open("/"));
  useShortcut("knowledge", () => router.push(knowledgeHref()));
  useShortcut("sidebar", toggleSidebar);
  return (
    <CommandContext value={commands}>
      {children}
      <Suspense>
        {shown === "palette" ? <Palette onClose={() => setShown(null)} /> : null}
        {shown === "shortcuts" ? <ShortcutSheet onClose={() => setShown(null)} /> : null}
      </Suspense>
    </CommandContext>
  );
}
