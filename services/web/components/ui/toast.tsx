"use client";

import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from "react";
import { useLoaded } from "@/lib/use-loaded";
import type { Shown } from "./toast-region";

export interface ToastMessage {
  title: string;
  tone?: "neutral" | "success" | "danger";
  action?: { label: string; run: () => void };
  durationMs?: number;
}

type Show = (message: ToastMessage) => void;

const SHOWN_AT_ONCE = 3;
const PLAIN_MS = 6_000;
const ToastContext = createContext<Show>(() => {});
const loadRegion = () => import("./toast-region");

/** `const toast = useToast(); toast({ title, action: { label, run } })` */
export function useToast(): Show {
  return useContext(ToastContext);
}

/** What draws them comes with the first one. */
export function Toaster({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Shown[]>([]);
  const [region, load] = useLoaded(loadRegion);
  const [plain, setPlain] = useState("");
  const next = useRef(0);
  const show = useCallback<Show>(
    async (message) => {
      next.current += 1;
      const entry = { ...message, id: next.current };
      setShown((before) => [...before, entry].slice(-SHOWN_AT_ONCE));
      if (await load()) return;
      setPlain(message.title);
      setTimeout(() => setPlain(""), PLAIN_MS);
    },
    [load],
  );
  const drop = useCallback(
    (id: number) => setShown((before) => before.filter((toast) => toast.id !== id)),
    [],
  );
  return (
    <ToastContext value={show}>
      {children}
      {region && <region.ToastRegion shown={shown} onGone={drop} />}
      {!region && plain && <PlainToast>{plain}</PlainToast>}
    </ToastContext>
  );
}

/** Where the network is away, and with it what would draw a better one. */
function PlainToast({ children }: { children: string }) {
  return (
    <p
      role="alert"
      className="-translate-x-1/2 fixed top-3 left-1/2 z-60 rounded-lg border border-line bg-raised px-3.5 py-2.5 text-sm shadow-float"
    >
      {children}
    </p>
  );
}
