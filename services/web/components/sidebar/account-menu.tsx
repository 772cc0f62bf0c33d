"use client";

import { ChevronsUpDown, Keyboard, LogOut } from "lucide-react";
import { useRouter } from "next/navigation";
import { useCommands } from "@/components/palette/provider";
import { useShell } from "@/components/shell/shell";
import {
  Menu,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuRadioGroup,
  MenuRadioItem,
  MenuSeparator,
  MenuTrigger,
} from "@/components/ui/menu";
import { useToast } from "@/components/ui/toast";
import { signOut } from "@/lib/api/session";
import { useKeys } from "@/lib/shortcuts/provider";
import { keepLanguage, type Language, useLanguage, useText } from "@/lib/text";
import { LANGUAGE_NAMES } from "@/lib/text/language";
import { useTheme } from "@/lib/theme";
import { THEMES, type Theme } from "@/lib/theme-names";

export function AccountMenu({ name }: { name: string }) {
  const { common, palette } = useText();
  const { shell } = common;
  const { openShortcuts } = useCommands();
  const { closeSheet } = useShell();
  const keys = useKeys("shortcuts");
  const toast = useToast();
  const leave = () => signOut().catch(() => toast({ tone: "danger", title: shell.signOutFailed }));
  return (
    <Menu>
      <MenuTrigger
        aria-label={shell.account(name)}
        className="flex h-11 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-hover data-[state=open]:bg-hover"
      >
        <span
          aria-hidden
          data-initial={[...name][0] ?? "·"}
          className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft font-semibold text-accent text-xs uppercase before:content-[attr(data-initial)]"
        />
        <span className="min-w-0 flex-1 truncate text-sm">{name}</span>
        <ChevronsUpDown aria-hidden className="size-4 text-faint" />
      </MenuTrigger>
      <MenuContent side="top" align="start" className="w-64">
        <ThemeChoice />
        <MenuSeparator />
        <LanguageChoice />
        <MenuSeparator />
        <MenuItem
          keys={keys}
          onSelect={() => {
            closeSheet();
            openShortcuts();
          }}
        >
          <Keyboard aria-hidden />
          {palette.shortcuts}
        </MenuItem>
        <MenuItem onSelect={leave}>
          <LogOut aria-hidden />
          {shell.signOut}
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

function ThemeChoice() {
  const { shell } = useText().common;
  const [theme, choose] = useTheme();
  return (
    <MenuRadioGroup value={theme} onValueChange={(value) => choose(value as Theme)}>
      <MenuLabel>{shell.theme}</MenuLabel>
      {THEMES.map((each) => (
        <MenuRadioItem key={each} value={each} onSelect={(event) => event.preventDefault()}>
          {shell.themes[each]}
        </MenuRadioItem>
      ))}
    </MenuRadioGroup>
  );
}

function LanguageChoice() {
  const { shell } = useText().common;
  const language = useLanguage();
  const router = useRouter();
  const choose = (chosen: string) => {
    keepLanguage(chosen as Language);
    router.refresh();
  };
  return (
    <MenuRadioGroup value={language} onValueChange={choose}>
      <MenuLabel>{shell.language}</MenuLabel>
      {Object.entries(LANGUAGE_NAMES).map(([each, label]) => (
        <MenuRadioItem key={each} value={each}>
          {label}
        </MenuRadioItem>
      ))}
    </MenuRadioGroup>
  );
}
