"use client";

import { type FocusEvent, type KeyboardEvent, type RefObject, useMemo, useState } from "react";
import { flushSync } from "react-dom";
import type { VirtualizerHandle } from "virtua";
import type { Conversation } from "@/lib/api/conversations";
import { type Line, rowBeside } from "@/lib/history/lines";

interface Options {
  lines: Line[];
  /** The conversation that the page shows. */
  shown: string;
  scroller: RefObject<HTMLElement | null>;
  virtual: RefObject<VirtualizerHandle | null>;
}

const STEPS: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

const FRAMES = 20;

/** A row that was far away is hidden until it is measured, and takes no focus before. */
function focusOnceShown(scroller: RefObject<HTMLElement | null>, id: string, frames: number): void {
  const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
  row?.focus({ preventScroll: true });
  if (frames === 0 || (row && document.activeElement === row)) return;
  requestAnimationFrame(() => focusOnceShown(scroller, id, frames - 1));
}

/** One stop for Tab in the whole list; in it the arrow keys move. */
export function useRowFocus({ lines, shown, scroller, virtual }: Options) {
  const [chosen, setChosen] = useState("");
  const [left, setLeft] = useState("");
  const places = useMemo(() => {
    const found = new Map<string, { place: number; conversation: Conversation }>();
    lines.forEach((line, place) => {
      if (line.kind === "conversation") {
        found.set(line.conversation.id, { place, conversation: line.conversation });
      }
    });
    return found;
  }, [lines]);
  const active = [chosen, shown].find((id) => places.has(id)) ?? places.keys().next().value ?? "";
  // the row that has the focus until the next one takes it must not go away meanwhile
  const kept = [active, left].flatMap((id) => places.get(id)?.place ?? []);

  const move = (id: string) => {
    flushSync(() => {
      setLeft(active);
      setChosen(id); // it must be there to get the focus, however far away
    });
    const at = places.get(id)?.place;
    // the heading above the first row comes with it
    if (at !== undefined) virtual.current?.scrollToIndex(at <= 1 ? 0 : at, { align: "nearest" });
    focusOnceShown(scroller, id, FRAMES);
  };

  return {
    active,
    kept,
    move,
    find: (id: string) => places.get(id)?.conversation,
    /** Before a row goes: the focus goes to the next. */
    leave: (id: string) => {
      const next = rowBeside(lines, id, 1);
      const other = next === id ? rowBeside(lines, id, -1) : next;
      if (other && other !== id) move(other);
    },
    onFocus: (event: FocusEvent<HTMLElement>) => {
      const id = (event.target as HTMLElement).dataset.row;
      if (id) setChosen(id);
    },
    /** The row that another key was pressed on, if it was on a row. */
    onKeyDown: (event: KeyboardEvent<HTMLElement>): string | undefined => {
      const id = (event.target as HTMLElement).dataset.row;
      if (!id) return undefined;
      const step = STEPS[event.key];
      if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return id;
      event.preventDefault();
      const next = rowBeside(lines, id, step);
      if (next) move(next);
      return undefined;
    },
  };
}
