import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";

export const buttonVariants = cva(
  "inline-flex shrink-0 select-none items-center justify-center gap-2 whitespace-nowrap rounded-md font-medium transition-colors disabled:pointer-events-none disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-accent text-accent-text hover:bg-accent-strong",
        secondary: "border border-line bg-raised text-text hover:bg-hover",
        ghost: "text-muted hover:bg-hover hover:text-text",
        danger: "bg-danger text-danger-text hover:opacity-90",
      },
      size: {
        sm: "h-8 px-3 text-[13px] pointer-coarse:h-11",
        md: "h-9 px-4 text-sm pointer-coarse:h-11",
        lg: "h-11 px-5 text-[15px]",
      },
    },
    defaultVariants: { variant: "primary", size: "md" },
  },
);

export type ButtonProps = ComponentProps<"button"> &
  VariantProps<typeof buttonVariants> & {
    /** The child is the element; it gets the looks. */
    asChild?: boolean;
  };

export function Button({ className, variant, size, asChild, type, ...rest }: ButtonProps) {
  const Element = asChild ? Slot.Root : "button";
  return (
    <Element
      type={asChild ? type : (type ?? "button")}
      className={cn(buttonVariants({ variant, size }), className)}
      {...rest}
    />
  );
}
