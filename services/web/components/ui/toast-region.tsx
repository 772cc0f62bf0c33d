"use client";

import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useText } from "@/lib/text";
import { IconButton } from "./icon-button";
import type { ToastMessage } from "./toast";

export interface Shown extends ToastMessage {
  id: number;
}

interface ToastRegionProps {
  shown: Shown[];
  onGone: (id: number) => void;
}

export function ToastRegion({ shown, onGone }: ToastRegionProps) {
  const { common } = useText();
  return (
    <Radix.Provider label={common.notification}>
      {shown.map((toast) => (
        <Entry key={toast.id} toast={toast} onGone={() => onGone(toast.id)} />
      ))}
      <Radix.Viewport
        label={common.notifications}
        className="-translate-x-1/2 fixed top-3 left-1/2 z-60 flex w-[min(26rem,calc(100vw-2rem))] flex-col gap-2 outline-none"
      />
    </Radix.Provider>
  );
}

function Entry({ toast, onGone }: { toast: ToastMessage; onGone: () => void }) {
  const { actions } = useText().common;
  const danger = toast.tone === "danger";
  return (
    <Radix.Root
      duration={toast.durationMs ?? 6000}
      type={danger ? "foreground" : "background"}
      onOpenChange={(open) => open || onGone()}
      className="flex animate-rise items-center gap-2.5 rounded-lg border border-line bg-raised py-1.5 pr-1.5 pl-3.5 shadow-float"
    >
      {danger ? <CircleAlert aria-hidden className="size-4 shrink-0 text-danger" /> : null}
      {toast.tone === "success" ? (
        <CircleCheck aria-hidden className="size-4 shrink-0 text-success" />
      ) : null}
      <Radix.Title className="min-w-0 flex-1 py-1 text-sm">{toast.title}</Radix.Title>
      {toast.action ? (
        <Radix.Action
          altText={toast.action.label}
          onClick={toast.action.run}
          className="h-8 shrink-0 rounded-md px-2.5 font-medium text-accent text-sm hover:bg-hover pointer-coarse:h-11"
        >
          {toast.action.label}
        </Radix.Action>
      ) : null}
      <Radix.Close asChild>
        <IconButton label={actions.dismiss} size="sm" tooltip={false}>
          <X aria-hidden />
        </IconButton>
      </Radix.Close>
    </Radix.Root>
  );
}
