"use client";

import { lazy, memo, Suspense, useDeferredValue } from "react";

export const loadMarkdown = () => import("../markdown/markdown");
const Markdown = lazy(loadMarkdown);

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
  if (!shown) return null;
  return (
    <div className="my-3 first:mt-0">
      <Suspense
        fallback={<p className="whitespace-pre-wrap text-[15.5px] leading-[1.65]">{shown}</p>}
      >
        <Markdown text={shown} growing={growing} />
      </Suspense>
    </div>
  );
});
