import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";

/**
 * Positioned, so that what is hidden in it for screen readers does not make the page longer. Scrolls up and down, by keyboard too where nothing in it takes the focus (`tabIndex={0}` and a label).
 */
export function ScrollArea({ className, ...rest }: ComponentProps<"div">) {
  return (
    <div
      className={cn(
        "scrollbar-thin relative min-h-0 overflow-y-auto overscroll-contain",
        className,
      )}
      {...rest}
    />
  );
}
