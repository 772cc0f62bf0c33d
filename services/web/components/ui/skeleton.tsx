import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";

/** Stands where something will be; the region around it says that it loads. */
export function Skeleton({ className, ...rest }: ComponentProps<"div">) {
  return (
    <div aria-hidden className={cn("animate-pulse rounded-md bg-selected", className)} {...rest} />
  );
}
