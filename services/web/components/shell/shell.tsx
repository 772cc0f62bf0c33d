"use client";

import { PanelLeft } from "lucide-react";
import { createContext, type ReactNode, useContext, useState } from "react";
import { CommandProvider } from "@/components/palette/provider";
import { IconButton } from "@/components/ui/icon-button";
import { useKeys } from "@/lib/shortcuts/provider";
import { useText } from "@/lib/text";
import { useLoaded } from "@/lib/use-loaded";
import { keepSidebar } from "./sidebar-cookie";

const loadSheet = () => import("@/components/ui/sheet");

interface ShellState {
  /** On wide screens. */
  sidebarOpen: boolean;
  toggleSidebar: () => void;
  /** On narrow screens the sidebar is a sheet; whatever is chosen in it closes it. */
  closeSheet: () => void;
}

const ShellContext = createContext<ShellState>({
  sidebarOpen: true,
  toggleSidebar: () => {},
  closeSheet: () => {},
});

export function useShell(): ShellState {
  return useContext(ShellContext);
}

interface ShellProps {
  sidebar: ReactNode;
  sidebarInitiallyOpen: boolean;
  children: ReactNode;
}

/** Sidebar left, page right; under 48 rem the sidebar is a sheet. */
export function Shell({ sidebar, sidebarInitiallyOpen, children }: ShellProps) {
  const [open, setOpen] = useState(sidebarInitiallyOpen);
  const [sheet, setSheet] = useState(false);
  const [ui, load] = useLoaded(loadSheet);
  const { shell, skipToContent } = useText().common;
  const toggleSidebar = () => {
    if (window.matchMedia("(width < 48rem)").matches) {
      void load().then((isThere) => setSheet((before) => isThere && !before));
    } else {
      keepSidebar(!open);
      setOpen(!open);
    }
  };
  return (
    <ShellContext value={{ sidebarOpen: open, toggleSidebar, closeSheet: () => setSheet(false) }}>
      <CommandProvider>
        <a
          href="#content"
          className="sr-only z-60 rounded-md bg-raised px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          {skipToContent}
        </a>
        <div className="flex h-dvh overflow-hidden">
          {open ? (
            <aside
              aria-label={shell.sidebar}
              className="hidden w-68 shrink-0 flex-col border-line border-r bg-surface md:flex"
            >
              {sidebar}
            </aside>
          ) : null}
          {ui ? (
            <ui.Sheet open={sheet} onOpenChange={setSheet}>
              <ui.SheetContent title={shell.sidebar}>{sidebar}</ui.SheetContent>
            </ui.Sheet>
          ) : null}
          <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
            {children}
          </main>
        </div>
      </CommandProvider>
    </ShellContext>
  );
}

/** For a page's own header; hidden on wide screens while the sidebar, which has one of its own, is open. */
export function SidebarButton() {
  const { sidebarOpen, toggleSidebar } = useShell();
  const { shell } = useText().common;
  return (
    <IconButton
      label={shell.openSidebar}
      keys={useKeys("sidebar")}
      onClick={toggleSidebar}
      className={sidebarOpen ? "md:hidden" : undefined}
    >
      <PanelLeft aria-hidden />
    </IconButton>
  );
}
