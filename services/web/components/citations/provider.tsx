"use client";

import { usePathname } from "next/navigation";
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { CitedPassage } from "@/lib/citations/passage";

const CitationPane = lazy(() => import("./pane"));

interface Citations {
  /**
   * Shows the passage beside the chat; `all` are those of the same answer, in the order of their numbers. The focus goes
   * to the pane, and back to where it was when the pane is closed.
   */
  open: (passage: CitedPassage, all: readonly CitedPassage[]) => void;
  close: () => void;
  /** What is shown, for the button that shows it. */
  shown: CitedPassage | null;
}

interface Shown {
  passage: CitedPassage;
  all: readonly CitedPassage[];
  /** Where it was opened: another page closes it. */
  pathname: string;
}

const CitationContext = createContext<Citations>({
  open: () => {},
  close: () => {},
  shown: null,
});

export function useCitations(): Citations {
  return useContext(CitationContext);
}

export function CitationProvider({ children }: { children: ReactNode }) {
  const pathname = usePathname();
  const [shown, setShown] = useState<Shown | null>(null);
  const opener = useRef<HTMLElement | null>(null);
  const visible = shown?.pathname === pathname ? shown : null;
  useEffect(
    () => setShown((before) => (before?.pathname === pathname ? before : null)),
    [pathname],
  );
  const citations = useMemo<Citations>(
    () => ({
      open: (passage, all) => {
        const focused = document.activeElement;
        if (focused instanceof HTMLElement && !focused.closest("[data-citation-pane]")) {
          opener.current = focused;
        }
        setShown({ passage, all, pathname });
      },
      close: () => {
        setShown(null);
        const back = opener.current;
        opener.current = null;
        if (back?.isConnected) requestAnimationFrame(() => back.focus());
      },
      shown: visible?.passage ?? null,
    }),
    [pathname, visible],
  );
  return (
    <CitationContext value={citations}>
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">{children}</div>
        {visible ? (
          <Suspense>
            <CitationPane passage={visible.passage} all={visible.all} />
          </Suspense>
        ) : null}
      </div>
    </CitationContext>
  );
}
