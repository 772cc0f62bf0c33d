"use client";

import { PanelLeft } from "lucide-react";
import { Logo } from "@/components/logo";
import { useShell } from "@/components/shell/shell";
import { IconButton } from "@/components/ui/icon-button";
import { useText } from "@/lib/text";
import { AccountMenu } from "./account-menu";

export function Sidebar({ name }: { name: string }) {
  const { toggleSidebar } = useShell();
  const { shell } = useText().common;
  return (
    <>
      <div className="flex h-14 shrink-0 items-center justify-between pr-2 pl-4">
        <Logo />
        <IconButton label={shell.closeSidebar} onClick={toggleSidebar}>
          <PanelLeft aria-hidden />
        </IconButton>
      </div>
      <div className="min-h-0 flex-1" />
      <div className="shrink-0 border-line border-t p-2">
        <AccountMenu name={name} />
      </div>
    </>
  );
}
