"use client";

import { createContext, memo, type RefObject, useContext, useDeferredValue, useState } from "react";
import { Markdown } from "../markdown/markdown";

/** Whether the list is on the screen: what comes after that comes by scrolling, and must not hold the scrolling up. */
export const SettledContext = createContext<RefObject<boolean>>({ current: false });

interface AnswerTextProps {
  text: string;
  growing: boolean;
}

/**
 * Each token is a new text. What the page has no time to draw is left out: it draws the newest when it is done with
 * the one before, so that a fast answer never makes the page wait.
 */
export const AnswerText = memo(function AnswerText({ text, growing }: AnswerTextProps) {
  const shown = useDeferredValue(text);
  const settled = useContext(SettledContext);
  const [atOnce] = useState(() => growing || !settled.current);
  const drawn = useDeferredValue(true, atOnce);
  if (!shown) return null;
  return (
    <div className="my-3 first:mt-0">
      {drawn ? (
        <Markdown text={shown} growing={growing} />
      ) : (
        <p className="whitespace-pre-wrap text-[15.5px] leading-[1.65]">{shown}</p>
      )}
    </div>
  );
});
