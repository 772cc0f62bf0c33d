"use client";

import { BookOpenText, PanelLeft, Search, SquarePen } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { Logo } from "@/components/logo";
import { useCommands } from "@/components/palette/provider";
import { useShell } from "@/components/shell/shell";
import { IconButton } from "@/components/ui/icon-button";
import { knowledgeHref } from "@/lib/history/addresses";
import { useOpening } from "@/lib/history/use-opening";
import { useKeys } from "@/lib/shortcuts/provider";
import { useText } from "@/lib/text";
import { AccountMenu } from "./account-menu";
import { ConversationList } from "./conversation-list";

export function Sidebar({ name }: { name: string }) {
  const { toggleSidebar } = useShell();
  const { shell } = useText().common;
  return (
    <>
      <div className="flex h-14 shrink-0 items-center justify-between pr-2 pl-4">
        <Logo />
        <IconButton label={shell.closeSidebar} keys={useKeys("sidebar")} onClick={toggleSidebar}>
          <PanelLeft aria-hidden />
        </IconButton>
      </div>
      <Places />
      <ConversationList />
      <div className="shrink-0 border-line border-t p-2">
        <AccountMenu name={name} />
      </div>
    </>
  );
}

const PLACE =
  "group flex h-9 w-full items-center gap-2.5 rounded-md px-2.5 text-left text-sm hover:bg-hover aria-[current=page]:bg-selected pointer-coarse:h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted";

function Places() {
  const words = useText().history;
  const { closeSheet } = useShell();
  const open = useOpening();
  const { openPalette } = useCommands();
  const pathname = usePathname();
  const here = (path: string) => (pathname === path ? "page" : undefined);
  return (
    <div className="flex shrink-0 flex-col gap-px px-2 pb-1">
      <Link
        href="/"
        onClick={closeSheet}
        onNavigate={(event) => {
          event.preventDefault();
          open("/");
        }}
        className={PLACE}
      >
        <SquarePen aria-hidden />
        {words.newChat}
        <Keys>{useKeys("newChat")}</Keys>
      </Link>
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => {
          closeSheet();
          openPalette();
        }}
        className={PLACE}
      >
        <Search aria-hidden />
        {words.search}
        <Keys>{useKeys("palette")}</Keys>
      </button>
      <Link
        href={knowledgeHref()}
        aria-current={here(knowledgeHref())}
        onClick={closeSheet}
        className={PLACE}
      >
        <BookOpenText aria-hidden />
        {words.knowledge}
      </Link>
    </div>
  );
}

function Keys({ children }: { children: ReactNode }) {
  return children ? (
    <kbd
      aria-hidden
      className="ml-auto font-sans text-faint text-xs opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100 pointer-coarse:hidden"
    >
      {children}
    </kbd>
  ) : null;
}
