"use client";

import { usePathname, useRouter } from "next/navigation";
import { conversationOf } from "./addresses";

/**
 * Goes to a conversation, or to a new one. From one chat to another nothing is asked of the web's server: the chat is the
 * same component, and follows the address.
 */
export function useOpening(): (href: string) => void {
  const router = useRouter();
  const pathname = usePathname();
  return (href) => {
    if (pathname === "/" || conversationOf(pathname)) window.history.pushState(null, "", href);
    else router.push(href);
  };
}
