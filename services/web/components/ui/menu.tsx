"use client";

import { type ComponentProps, createContext, type ReactNode, useContext, useState } from "react";
import { useLoaded } from "@/lib/use-loaded";

type Parts = typeof import("./menu-parts");

const loadParts = () => import("./menu-parts");

interface MenuState {
  /** Null until somebody comes near: a page's first load has no menu in it. */
  parts: Parts | null;
  load: () => Promise<boolean>;
  /** What it was opened by; null: it is closed. */
  opener: HTMLElement | null;
  open: (opener: HTMLElement) => void;
  close: () => void;
}

const MenuContext = createContext<MenuState | null>(null);

interface MenuProps {
  onOpenChange?: (open: boolean) => void;
  children: ReactNode;
}

export function Menu({ onOpenChange, children }: MenuProps) {
  const [parts, load] = useLoaded(loadParts);
  const [opener, setOpener] = useState<HTMLElement | null>(null);
  const close = () => {
    setOpener(null);
    onOpenChange?.(false);
  };
  const open = (by: HTMLElement) => {
    setOpener(by);
    onOpenChange?.(true);
    void load().then((isThere) => isThere || close());
  };
  return <MenuContext value={{ parts, load, opener, open, close }}>{children}</MenuContext>;
}

const OPENING_KEYS = new Set(["Enter", " ", "ArrowDown"]);

export function MenuTrigger(props: ComponentProps<"button">) {
  const { load, opener, open, close } = useMenu();
  return (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded={opener !== null}
      data-state={opener ? "open" : "closed"}
      {...props}
      onPointerEnter={load}
      onFocus={load}
      onPointerDown={(event) => {
        if (event.button !== 0 || event.ctrlKey) return;
        if (opener) return close();
        event.preventDefault(); // the focus goes to the menu
        open(event.currentTarget);
      }}
      onKeyDown={(event) => {
        if (!OPENING_KEYS.has(event.key)) return;
        event.preventDefault();
        open(event.currentTarget);
      }}
      onClick={(event) => {
        if (event.detail === 0) open(event.currentTarget); // by a screen reader
      }}
    />
  );
}

export function MenuContent(props: Omit<ComponentProps<Parts["Content"]>, "opener" | "onClose">) {
  const { parts, opener, close } = useMenu();
  return parts ? <parts.Content {...props} opener={opener} onClose={close} /> : null;
}

export function MenuRadioGroup(props: ComponentProps<Parts["RadioGroup"]>) {
  const { parts } = useMenu();
  return parts ? <parts.RadioGroup {...props} /> : null;
}

export function MenuItem(props: ComponentProps<Parts["Item"]>) {
  const { parts } = useMenu();
  return parts ? <parts.Item {...props} /> : null;
}

export function MenuRadioItem(props: ComponentProps<Parts["RadioItem"]>) {
  const { parts } = useMenu();
  return parts ? <parts.RadioItem {...props} /> : null;
}

export function MenuLabel(props: ComponentProps<Parts["Label"]>) {
  const { parts } = useMenu();
  return parts ? <parts.Label {...props} /> : null;
}

export function MenuSeparator() {
  const { parts } = useMenu();
  return parts ? <parts.Separator /> : null;
}

function useMenu(): MenuState {
  const menu = useContext(MenuContext);
  if (!menu) throw new Error("there is no Menu around this");
  return menu;
}
