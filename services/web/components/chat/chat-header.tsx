"use client";

import { SquarePen } from "lucide-react";
import { usePathname } from "next/navigation";
import { useEffect } from "react";
import { SidebarButton, useShell } from "@/components/shell/shell";
import { IconButton } from "@/components/ui/icon-button";
import { conversationOf } from "@/lib/history/addresses";
import { useConversations } from "@/lib/history/provider";
import { useOpening } from "@/lib/history/use-opening";
import { useKeys } from "@/lib/shortcuts/provider";
import { useText } from "@/lib/text";

/** The title that the history knows is newer than the one that came with the transcript. */
export function ChatHeader({ title }: { title: string }) {
  const { chat, common } = useText();
  const id = conversationOf(usePathname());
  const { pinned, recent } = useConversations();
  const listed = [...pinned, ...recent].find((one) => one.id === id);
  const shown = listed?.title || title;
  useEffect(() => {
    document.title = shown ? `${shown} · ${common.product}` : common.product;
  }, [shown, common.product]);
  return (
    <header className="flex h-14 shrink-0 items-center gap-1 px-2">
      <SidebarButton />
      <h1 className={shown ? "min-w-0 truncate px-2 font-medium text-[15px]" : "sr-only"}>
        {shown || chat.newChat}
      </h1>
      {id ? <NewChatButton /> : null}
    </header>
  );
}

/** Where the sidebar, which has one, is not in sight. */
function NewChatButton() {
  const { sidebarOpen } = useShell();
  const open = useOpening();
  const { newChat } = useText().history;
  return (
    <IconButton
      label={newChat}
      keys={useKeys("newChat")}
      onClick={() => open("/")}
      className={sidebarOpen ? "ml-auto md:hidden" : "ml-auto"}
    >
      <SquarePen aria-hidden />
    </IconButton>
  );
}
