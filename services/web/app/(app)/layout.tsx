import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import { Shell } from "@/components/shell/shell";
import { SIDEBAR_COOKIE } from "@/components/shell/sidebar-cookie";
import { Sidebar } from "@/components/sidebar/sidebar";
import { readSessionName } from "@/server/page-session";

export default async function SignedInLayout({ children }: { children: ReactNode }) {
  const name = readSessionName(await headers());
  const open = (await cookies()).get(SIDEBAR_COOKIE)?.value !== "closed";
  return (
    <Shell sidebar={<Sidebar name={name} />} sidebarInitiallyOpen={open}>
      {children}
    </Shell>
  );
}
