import type { ReactNode } from "react";
import { ChatScreen } from "@/components/chat/chat-screen";

/** One chat for the pages of all conversations: going from one to another makes nothing anew. */
export default function ChatLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <ChatScreen />
      {children}
    </>
  );
}
