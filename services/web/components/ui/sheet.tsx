"use client";

import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "@/lib/classes";
import { Overlay } from "./dialog";

export const Sheet = Radix.Root;

interface SheetContentProps {
  /** For screen readers; what is shown is the children's. */
  title: string;
  side?: "left" | "right";
  className?: string;
  children: ReactNode;
}

/** A panel that slides in over the page from one side. */
export function SheetContent({ title, side = "left", className, children }: SheetContentProps) {
  const place =
    side === "left"
      ? "left-0 animate-slide-in border-r rounded-r-xl"
      : "right-0 animate-slide-in-right border-l rounded-l-xl";
  return (
    <Radix.Portal>
      <Overlay />
      <Radix.Content
        aria-describedby={undefined}
        onOpenAutoFocus={(event) => {
          event.preventDefault(); // the first button's tooltip would open with the focus
          (event.currentTarget as HTMLElement).focus();
        }}
        className={cn(
          "fixed inset-y-0 z-50 flex w-[min(19rem,86vw)] flex-col border-line bg-surface shadow-float outline-none",
          place,
          className,
        )}
      >
        <Radix.Title className="sr-only">{title}</Radix.Title>
        {children}
      </Radix.Content>
    </Radix.Portal>
  );
}
