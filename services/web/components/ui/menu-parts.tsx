"use client";

// What a menu is made of once it is opened; see menu.tsx.

import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { type ComponentProps, type ReactNode, useRef } from "react";
import { cn } from "@/lib/classes";
import { PlaceOf, useMoved } from "./place-of";
import { useStyleNonce } from "./style-nonce";

export const RadioGroup = Radix.RadioGroup;

type ContentProps = ComponentProps<typeof Radix.Content> & {
  opener: HTMLElement | null;
  onClose: () => void;
};

/** Not modal: a modal one hides the page from screen readers, and leaves what is hidden there to the Tab key. */
export function Content({ opener, onClose, className, ...rest }: ContentProps) {
  useStyleNonce();
  const last = useRef(opener);
  const isElsewhere = useRef(false);
  if (opener) last.current = opener;
  useMoved(opener, onClose);
  return (
    <Radix.Root modal={false} open={opener !== null} onOpenChange={(open) => open || onClose()}>
      {opener ? (
        <Radix.Trigger asChild>
          <PlaceOf element={opener} />
        </Radix.Trigger>
      ) : null}
      <Radix.Portal>
        <Radix.Content
          sideOffset={6}
          collisionPadding={8}
          aria-label={last.current?.getAttribute("aria-label") ?? undefined}
          aria-labelledby={undefined}
          onInteractOutside={() => {
            isElsewhere.current = true;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (!isElsewhere.current) last.current?.focus();
            isElsewhere.current = false;
          }}
          className={cn(
            "z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 animate-fade overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float",
            className,
          )}
          {...rest}
        />
      </Radix.Portal>
    </Radix.Root>
  );
}

const ITEM =
  "flex min-h-8 select-none items-center gap-2.5 rounded-sm px-2.5 py-1 text-sm text-text outline-none data-[highlighted]:bg-hover data-[disabled]:opacity-50 pointer-coarse:min-h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted";

type ItemProps = ComponentProps<typeof Radix.Item> & { danger?: boolean; keys?: string };

export function Item({ className, danger, keys, children, ...rest }: ItemProps) {
  return (
    <Radix.Item
      className={cn(ITEM, danger && "text-danger [&_svg]:text-danger", className)}
      {...rest}
    >
      {children}
      {keys ? (
        <kbd className="ml-auto whitespace-nowrap pl-4 font-sans text-faint text-xs">{keys}</kbd>
      ) : null}
    </Radix.Item>
  );
}

export function RadioItem({
  className,
  children,
  ...rest
}: ComponentProps<typeof Radix.RadioItem>) {
  return (
    <Radix.RadioItem className={cn(ITEM, className)} {...rest}>
      {children}
      <Radix.ItemIndicator className="ml-auto">
        <Check aria-hidden />
      </Radix.ItemIndicator>
    </Radix.RadioItem>
  );
}

export function Label({ children }: { children: ReactNode }) {
  return (
    <Radix.Label className="px-2.5 pt-1.5 pb-1 font-medium text-faint text-xs">
      {children}
    </Radix.Label>
  );
}

export function Separator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}
