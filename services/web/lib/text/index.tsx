"use client";

import { createContext, type ReactNode, useContext } from "react";
import { en } from "./en";
import { LANGUAGE_COOKIE, type Language } from "./language";
import type { Text } from "./text";
import { zh } from "./zh";

export type { Language } from "./language";
export type { Text } from "./text";

export const DICTIONARIES: Record<Language, Text> = { en, zh };

const LanguageContext = createContext<Language>("en");

export function TextProvider({ language, children }: { language: Language; children: ReactNode }) {
  return <LanguageContext value={language}>{children}</LanguageContext>;
}

/** All words of the page's language: `useText().chat.send`. */
export function useText(): Text {
  return DICTIONARIES[useContext(LanguageContext)];
}

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

/** Keeps the choice for a year; the caller refreshes the router, which renders the page in it. */
export function keepLanguage(language: Language): void {
  // biome-ignore lint/suspicious/noDocumentCookie: cookieStore is not in all browsers that we serve
  document.cookie = `${LANGUAGE_COOKIE}=${language}; path=/; max-age=31536000; samesite=lax`;
}
