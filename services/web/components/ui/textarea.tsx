import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";
import { FIELD } from "./input";

/** Grows with its text; `max-h-…` bounds it. */
export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return (
    <textarea
      className={cn(
        FIELD,
        "field-sizing-content min-h-20 resize-none py-2 text-sm pointer-coarse:text-base",
        className,
      )}
      {...rest}
    />
  );
}
