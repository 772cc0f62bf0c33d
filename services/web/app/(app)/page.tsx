import { SidebarButton } from "@/components/shell/shell";

export default function NewChat() {
  return (
    <header className="flex h-14 shrink-0 items-center px-2">
      <SidebarButton />
    </header>
  );
}
