"use client";

import { useCallback, useSyncExternalStore } from "react";
import { isTheme, THEME_COOKIE, type Theme } from "./theme-names";

const CHANGED = "sluice-theme-changed";

/** The theme that was chosen, and the way to choose another: shown at once, kept for a year. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore(subscribe, current, () => "system" as const);
  const choose = useCallback((chosen: Theme) => {
    document.documentElement.dataset.theme = chosen;
    // biome-ignore lint/suspicious/noDocumentCookie: cookieStore is not in all browsers that we serve
    document.cookie = `${THEME_COOKIE}=${chosen}; path=/; max-age=31536000; samesite=lax`;
    window.dispatchEvent(new Event(CHANGED));
  }, []);
  return [theme, choose];
}

function current(): Theme {
  const { theme } = document.documentElement.dataset;
  return isTheme(theme) ? theme : "system";
}

function subscribe(changed: () => void): () => void {
  window.addEventListener(CHANGED, changed);
  return () => window.removeEventListener(CHANGED, changed);
}
