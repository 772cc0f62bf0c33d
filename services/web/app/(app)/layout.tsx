import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import { ChatProvider } from "@/components/chat/chat-provider";
import { CitationProvider } from "@/components/citations/provider";
import { Shell } from "@/components/shell/shell";
import { SIDEBAR_COOKIE } from "@/components/shell/sidebar-cookie";
import { Sidebar } from "@/components/sidebar/sidebar";
import { HistoryProvider } from "@/lib/history/provider";
import { KnowledgeProvider } from "@/lib/knowledge/provider";
import { ShortcutProvider } from "@/lib/shortcuts/provider";
import { readSessionName } from "@/server/page-session";

export default async function SignedInLayout({ children }: { children: ReactNode }) {
  const name = readSessionName(await headers());
  const open = (await cookies()).get(SIDEBAR_COOKIE)?.value !== "closed";
  return (
    <HistoryProvider>
      <KnowledgeProvider>
        <ShortcutProvider>
          <ChatProvider user={name}>
            <Shell sidebar={<Sidebar name={name} />} sidebarInitiallyOpen={open}>
              <CitationProvider>{children}</CitationProvider>
            </Shell>
          </ChatProvider>
        </ShortcutProvider>
      </KnowledgeProvider>
    </HistoryProvider>
  );
}
