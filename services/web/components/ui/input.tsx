import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";

export const FIELD =
  "w-full rounded-md border border-line-strong bg-raised px-3 text-text placeholder:text-faint transition-colors hover:border-muted focus-visible:border-focus focus-visible:outline-1 focus-visible:outline-offset-0 aria-invalid:border-danger disabled:opacity-50";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return (
    <input
      className={cn(FIELD, "h-9 text-sm pointer-coarse:h-11 pointer-coarse:text-base", className)}
      {...rest}
    />
  );
}
