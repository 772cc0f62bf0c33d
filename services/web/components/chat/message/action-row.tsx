"use client";

import type { ReactNode } from "react";
import { cn } from "@/lib/classes";

interface ActionRowProps {
  /** Else only where the pointer or the focus is; where there is no pointer, always. */
  always: boolean;
  className?: string;
  children: ReactNode;
}

export function ActionRow({ always, className, children }: ActionRowProps) {
  return (
    <div
      className={cn(
        "flex min-h-7 items-center gap-0.5 transition-opacity",
        !always &&
          "opacity-0 focus-within:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100",
        className,
      )}
    >
      {children}
    </div>
  );
}
