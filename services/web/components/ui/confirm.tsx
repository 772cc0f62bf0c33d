"use client";

import { AlertDialog as Radix } from "radix-ui";
import { useText } from "@/lib/text";
import { buttonVariants } from "./button";
import { useStyleNonce } from "./style-nonce";

interface ConfirmProps {
  open: boolean;
  title: string;
  description: string;
  /** What the button that does it says. */
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Before what cannot be undone. The focus is on the way out. */
export function Confirm({ open, title, description, action, onConfirm, onClose }: ConfirmProps) {
  const { actions } = useText().common;
  useStyleNonce();
  return (
    <Radix.Root open={open} onOpenChange={(now) => now || onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-overlay" />
        <Radix.Content className="-translate-x-1/2 -translate-y-1/2 fixed top-1/2 left-1/2 z-50 w-[calc(100vw-2rem)] max-w-md animate-rise rounded-xl border border-line bg-raised p-5 shadow-float outline-none">
          <Radix.Title className="font-semibold text-base">{title}</Radix.Title>
          <Radix.Description className="mt-2 break-words text-muted text-sm">
            {description}
          </Radix.Description>
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <Radix.Cancel className={buttonVariants({ variant: "secondary" })}>
              {actions.cancel}
            </Radix.Cancel>
            <Radix.Action className={buttonVariants({ variant: "danger" })} onClick={onConfirm}>
              {action}
            </Radix.Action>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
