"use client";

import {
  BookOpenText,
  Keyboard,
  Languages,
  LogOut,
  type LucideIcon,
  Monitor,
  Moon,
  PanelLeft,
  SquarePen,
  Sun,
} from "lucide-react";
import { useRouter } from "next/navigation";
import { useShell } from "@/components/shell/shell";
import { useToast } from "@/components/ui/toast";
import { signOut } from "@/lib/api/session";
import { knowledgeHref } from "@/lib/history/addresses";
import { useOpening } from "@/lib/history/use-opening";
import type { ShortcutId } from "@/lib/shortcuts/registry";
import { DICTIONARIES, keepLanguage, useLanguage, useText } from "@/lib/text";
import { LANGUAGE_NAMES, LANGUAGES } from "@/lib/text/language";
import { useTheme } from "@/lib/theme";
import { THEMES } from "@/lib/theme-names";
import { useCommands } from "./provider";

export interface Command {
  id: string;
  label: string;
  /** What else it is found by. */
  words: string;
  icon: LucideIcon;
  shortcut?: ShortcutId;
  run: () => void;
}

const THEME_ICONS = { light: Sun, dark: Moon, system: Monitor };

export function useCommandList(): Command[] {
  const { common, palette: words } = useText();
  const router = useRouter();
  const open = useOpening();
  const toast = useToast();
  const { toggleSidebar } = useShell();
  const { openShortcuts } = useCommands();
  const [theme, chooseTheme] = useTheme();
  const language = useLanguage();
  const english = DICTIONARIES.en.palette;
  const fail = () => toast({ tone: "danger", title: common.shell.signOutFailed });
  return [
    {
      id: "new-chat",
      label: words.newChat,
      words: english.newChat,
      icon: SquarePen,
      shortcut: "newChat",
      run: () => open("/"),
    },
    {
      id: "knowledge",
      label: words.goToKnowledge,
      words: english.goToKnowledge,
      icon: BookOpenText,
      shortcut: "knowledge",
      run: () => router.push(knowledgeHref()),
    },
    {
      id: "sidebar",
      label: words.toggleSidebar,
      words: english.toggleSidebar,
      icon: PanelLeft,
      shortcut: "sidebar",
      run: toggleSidebar,
    },
    ...THEMES.filter((each) => each !== theme).map((each) => ({
      id: `theme-${each}`,
      label: words.themeTo[each],
      words: `${english.themeTo[each]} mode`,
      icon: THEME_ICONS[each],
      run: () => chooseTheme(each),
    })),
    ...LANGUAGES.filter((each) => each !== language).map((each) => ({
      id: `language-${each}`,
      label: words.languageTo(LANGUAGE_NAMES[each]),
      words: `${english.languageTo(each)} 语言 chinese english`,
      icon: Languages,
      run: () => {
        keepLanguage(each);
        router.refresh();
      },
    })),
    {
      id: "shortcuts",
      label: words.shortcuts,
      words: english.shortcuts,
      icon: Keyboard,
      shortcut: "shortcuts",
      run: openShortcuts,
    },
    {
      id: "sign-out",
      label: words.signOut,
      words: `${english.signOut} log out`,
      icon: LogOut,
      run: () => void signOut().catch(fail),
    },
  ];
}

/** Each word of the query begins a word of it. */
export function isCommandFor(query: string, { label, words }: Command): boolean {
  const all = `${label} ${words}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => all.startsWith(word) || all.includes(` ${word}`) || hasHan(word, all));
}

/** Chinese has no spaces to begin words after. */
function hasHan(word: string, all: string): boolean {
  return /\p{Script=Han}/u.test(word) && all.includes(word);
}
