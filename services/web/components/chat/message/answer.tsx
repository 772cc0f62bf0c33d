"use client";

import { useMemo } from "react";
import { useText } from "@/lib/text";
import { PassagesContext } from "../markdown/citation";
import { passagesOf } from "../model/transcript";
import { AnswerActions } from "./answer-actions";
import { AnswerParts } from "./answer-parts";
import { Ending } from "./ending";
import type { MessageRowProps } from "./message-row";
import { Sources } from "./sources";

export function Answer(props: MessageRowProps) {
  const { message, live } = props;
  const { answered } = useText().chat;
  const count = message.parts.filter((part) => part.type === "source-document").length;
  // Sources come before the first word, and do not change after it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the parts are new objects with each token
  const passages = useMemo(() => passagesOf(message.parts), [message.id, count]);
  const byNumber = useMemo(
    () => new Map(passages.map((passage) => [passage.citation, passage])),
    [passages],
  );
  return (
    <article aria-label={answered} aria-busy={live}>
      <PassagesContext value={byNumber}>
        <AnswerParts message={message} live={live} />
      </PassagesContext>
      <Ending message={message} live={live} />
      {live ? null : (
        <>
          <Sources passages={passages} />
          <AnswerActions {...props} />
        </>
      )}
    </article>
  );
}
