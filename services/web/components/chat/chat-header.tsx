"use client";

import { usePathname } from "next/navigation";
import { useEffect } from "react";
import { SidebarButton } from "@/components/shell/shell";
import { conversationOf } from "@/lib/history/addresses";
import { useConversations } from "@/lib/history/provider";
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
    </header>
  );
}
