"use client";

import { Popover as Radix } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";

export const Popover = Radix.Root;
export const PopoverAnchor = Radix.Anchor;

export function PopoverContent({ className, ...rest }: ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        sideOffset={6}
        collisionPadding={8}
        className={cn(
          "z-50 max-h-(--radix-popover-content-available-height) w-72 animate-fade overflow-y-auto rounded-lg border border-line bg-raised p-3 text-sm shadow-float outline-none",
          className,
        )}
        {...rest}
      />
    </Radix.Portal>
  );
}
