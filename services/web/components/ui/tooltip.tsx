"use client";

import { Slot } from "radix-ui";
import {
  createContext,
  type FocusEvent,
  type PointerEvent,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useLoaded } from "@/lib/use-loaded";
import { type Tip, TipDesk } from "./tip-desk";

interface TooltipProps {
  label: string;
  keys?: string;
  side?: Tip["side"];
  /** One element, which takes a ref. */
  children: ReactNode;
}

const DeskContext = createContext<TipDesk | null>(null);
const loadLayer = () => import("./tooltip-layer");

/** One for the page: the second tooltip in a row comes at once. What draws it is loaded while the first is waited for. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  const [tip, setTip] = useState<Tip | null>(null);
  const [layer, load] = useLoaded(loadLayer);
  const desk = useMemo(() => new TipDesk(load, setTip), [load]);
  return (
    <DeskContext value={desk}>
      {children}
      {tip && layer ? <layer.TooltipLayer key={tip.id} tip={tip} desk={desk} /> : null}
    </DeskContext>
  );
}

export function Tooltip({ label, keys, side = "bottom", children }: TooltipProps) {
  const desk = useContext(DeskContext);
  const own = useRef<HTMLElement | null>(null);
  useEffect(() => () => desk?.gone(own.current), [desk]);
  const offer = (element: EventTarget & Element, at: "soon" | "once") => {
    own.current = element as HTMLElement;
    desk?.offer({ element: own.current, label, keys, side }, at);
  };
  return (
    <Slot.Root
      onPointerEnter={(event: PointerEvent) => {
        if (event.pointerType !== "touch") offer(event.currentTarget, "soon");
      }}
      onPointerLeave={() => desk?.withdraw()}
      onPointerDown={() => desk?.dismiss()}
      onClick={() => desk?.dismiss()}
      onFocus={(event: FocusEvent) => {
        if (event.currentTarget.matches(":focus-visible")) offer(event.currentTarget, "once");
      }}
      onBlur={() => desk?.dismiss()}
    >
      {children}
    </Slot.Root>
  );
}
