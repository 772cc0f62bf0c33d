"use client";

import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";
import { Tooltip } from "./tooltip";

const variants = cva(
  "inline-flex shrink-0 items-center justify-center rounded-md transition-colors disabled:pointer-events-none disabled:opacity-40 pointer-coarse:size-11 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        ghost:
          "text-muted hover:bg-hover hover:text-text aria-pressed:bg-selected aria-pressed:text-text data-[state=open]:bg-hover data-[state=open]:text-text",
        primary: "bg-accent text-accent-text hover:bg-accent-strong",
        outline: "border border-line bg-raised text-muted hover:bg-hover hover:text-text",
      },
      size: {
        sm: "size-7 [&_svg]:size-4",
        md: "size-9 [&_svg]:size-[18px]",
      },
    },
    defaultVariants: { variant: "ghost", size: "md" },
  },
);

export type IconButtonProps = Omit<ComponentProps<"button">, "aria-label"> &
  VariantProps<typeof variants> & {
    /** What it does: its name, and its tooltip. */
    label: string;
    /** Keys that do the same, shown in the tooltip. */
    keys?: string;
    tooltip?: boolean;
  };

export function IconButton({
  label,
  keys,
  tooltip = true,
  variant,
  size,
  className,
  type,
  ...rest
}: IconButtonProps) {
  const button = (
    <button
      type={type ?? "button"}
      aria-label={label}
      className={cn(variants({ variant, size }), className)}
      {...rest}
    />
  );
  return tooltip ? (
    <Tooltip label={label} keys={keys}>
      {button}
    </Tooltip>
  ) : (
    button
  );
}
