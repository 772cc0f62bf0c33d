"use client";

import { Tooltip as Radix } from "radix-ui";
import { useEffect, useRef } from "react";
import { PlaceOf, useMoved } from "./place-of";
import type { Tip, TipDesk } from "./tip-desk";

interface TooltipLayerProps {
  tip: Tip;
  desk: TipDesk;
}

export function TooltipLayer({ tip, desk }: TooltipLayerProps) {
  const { element, label, keys, side } = tip;
  const place = useRef<HTMLSpanElement>(null);
  useMoved(element, desk.dismiss);
  useEffect(() => {
    const description = place.current?.getAttribute("aria-describedby");
    if (!description || element.getAttribute("aria-label") === label) return;
    element.setAttribute("aria-describedby", description);
    return () => element.removeAttribute("aria-describedby");
  }, [element, label]);
  return (
    <Radix.Provider delayDuration={0}>
      <Radix.Root open onOpenChange={(open) => open || desk.dismiss()}>
        <Radix.Trigger asChild>
          <PlaceOf element={element} ref={place} />
        </Radix.Trigger>
        <Radix.Portal>
          <Radix.Content
            side={side}
            sideOffset={6}
            collisionPadding={8}
            onPointerEnter={desk.keep}
            onPointerLeave={desk.withdraw}
            className="z-50 flex animate-fade items-center gap-2 rounded-sm bg-text px-2 py-1 text-background text-xs"
          >
            {label}
            {keys ? <kbd className="font-sans opacity-70">{keys}</kbd> : null}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  );
}
