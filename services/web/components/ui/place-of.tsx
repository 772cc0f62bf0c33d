"use client";

import { type ComponentProps, useState } from "react";
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
