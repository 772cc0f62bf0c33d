"use client";

import { type ComponentProps, useEffect, useState } from "react";
import { createPortal } from "react-dom";

interface PlaceOfProps extends ComponentProps<"span"> {
  element: HTMLElement;
}

/** Nothing that is seen, where an element is now: what floats beside that is laid out by it. */
export function PlaceOf({ element, ...rest }: PlaceOfProps) {
  const [{ left, top, width, height }] = useState(() => element.getBoundingClientRect());
  const place = { position: "fixed", left, top, width, height, pointerEvents: "none" } as const;
  return createPortal(<span {...rest} aria-hidden tabIndex={-1} style={place} />, document.body);
}

/** Tells when the page scrolls the element away from where it was: what floats beside it has to go. */
export function useMoved(element: HTMLElement | null, onMoved: () => void): void {
  useEffect(() => {
    if (!element) return;
    const scrolled = ({ target }: Event) => {
      if (target instanceof Node && target.contains(element)) onMoved();
    };
    const options = { capture: true, passive: true };
    window.addEventListener("scroll", scrolled, options);
    return () => window.removeEventListener("scroll", scrolled, options);
  }, [element, onMoved]);
}
