"use client";

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR_PX = 32;
/** A scroll so soon after the reader did something is the reader's. */
const READERS_MS = 400;
/** So long after the reader was taken elsewhere, that is where the page is. */
const SETTLED_MS = 300;
const READERS_EVENTS = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

export interface Stick {
  atEnd: boolean;
  toEnd: () => void;
  /** The reader is taken elsewhere. */
  release: () => void;
}

/**
 * Keeps the end of a growing content in view for as long as the reader has not scrolled away from it, and again when
 * the reader is back there. With each new `asked` above 0 it goes to the end. What the reader has unfolded, while
 * nothing is being written, stays in view instead.
 */
export function useStickToEnd(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  asked: number,
  writing: boolean,
): Stick {
  const [atEnd, setAtEnd] = useState(true);
  const sticking = useRef(true);
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isWritten = useRef(writing);
  useEffect(() => {
    isWritten.current = writing;
  }, [writing]);
  const stick = useCallback((on: boolean) => {
    sticking.current = on;
    setAtEnd(on);
  }, []);
  const toEnd = useCallback(() => {
    clearTimeout(settling.current);
    stick(true);
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [scroller, stick]);

  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return;
    let readersUntil = 0;
    let before = element.scrollTop;
    const readers = () => {
      readersUntil = performance.now() + READERS_MS;
    };
    const scrolled = () => {
      const top = element.scrollTop;
      const left = element.scrollHeight - top - element.clientHeight;
      if (left < NEAR_PX) stick(true);
      else if (top < before - 1 && performance.now() < readersUntil) stick(false);
      else if (!sticking.current) setAtEnd(false);
      if (performance.now() < readersUntil) readers(); // a fling goes on
      before = top;
    };
    const grown = new ResizeObserver(() => {
      const isReaders = !isWritten.current && performance.now() < readersUntil;
      if (!sticking.current) return;
      if (!isReaders) element.scrollTop = element.scrollHeight;
      else stick(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX);
    });
    grown.observe(inner);
    grown.observe(element);
    for (const name of READERS_EVENTS) element.addEventListener(name, readers, { passive: true });
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      grown.disconnect();
      for (const name of READERS_EVENTS) element.removeEventListener(name, readers);
      element.removeEventListener("scroll", scrolled);
    };
  }, [scroller, content, stick]);

  useLayoutEffect(() => {
    if (asked > 0) toEnd();
  }, [asked, toEnd]);

  const release = useCallback(() => {
    sticking.current = false;
    clearTimeout(settling.current);
    // Where the reader is taken may be the end, and then no scrolling tells so.
    settling.current = setTimeout(() => {
      const element = scroller.current;
      if (element) stick(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX);
    }, SETTLED_MS);
  }, [scroller, stick]);
  useEffect(() => () => clearTimeout(settling.current), []);
  return { atEnd, toEnd, release };
}
