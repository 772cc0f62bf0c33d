"use client";

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ComponentProps, type ReactNode, useState } from "react";
import { cn } from "@/lib/classes";
import { useText } from "@/lib/text";
import { IconButton } from "./icon-button";
import { useStyleNonce } from "./style-nonce";

export const Dialog = Radix.Root;

/**
 * For `onCloseAutoFocus` of a dialog that no trigger opened: who had the focus has it again. Radix knows the trigger
 * alone, and leaves the focus nowhere without one.
 */
export function useFocusBack(): (event: Event) => void {
  const [before] = useState(() => document.activeElement);
  return (event) => {
    event.preventDefault();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  };
}

export function Overlay({ className }: { className?: string }) {
  useStyleNonce();
  return <Radix.Overlay className={cn("fixed inset-0 z-40 animate-fade bg-overlay", className)} />;
}

type ContentProps = Omit<ComponentProps<typeof Radix.Content>, "title"> & {
  title: string;
  description?: ReactNode;
  /** The title is there for screen readers only. */
  hideTitle?: boolean;
};

/** A box in the middle of the page, as wide as `className` says, and no higher than the page. */
export function DialogContent({
  title,
  description,
  hideTitle,
  className,
  children,
  ...rest
}: ContentProps) {
  const { actions } = useText().common;
  return (
    <Radix.Portal>
      <Overlay />
      <Radix.Content
        {...(description ? {} : { "aria-describedby": undefined })}
        className={cn(
          "fixed top-1/2 left-1/2 z-50 flex max-h-[min(85dvh,48rem)] w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 animate-rise flex-col overflow-y-auto rounded-xl border border-line bg-raised p-5 shadow-float outline-none",
          className,
        )}
        {...rest}
      >
        <div className={hideTitle ? "sr-only" : "mb-3 pr-8"}>
          <Radix.Title className="font-semibold text-base text-text">{title}</Radix.Title>
          {description ? (
            <Radix.Description className="mt-1 text-muted text-sm">{description}</Radix.Description>
          ) : null}
        </div>
        {children}
        {hideTitle ? null : (
          <Radix.Close asChild>
            <IconButton
              label={actions.close}
              size="sm"
              tooltip={false}
              className="absolute top-4 right-4"
            >
              <X aria-hidden />
            </IconButton>
          </Radix.Close>
        )}
      </Radix.Content>
    </Radix.Portal>
  );
}
