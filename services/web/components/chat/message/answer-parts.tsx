"use client";

import { isBound, PartView } from "@/components/parts/part-view";
import { type ChatMessage, type ChatPart, isToolPart, toolNameOf } from "../model/message";
import { AnswerText } from "./answer-text";
import { Notice } from "./notice";
import { Reasoning } from "./reasoning";
import { ToolCall } from "./tool-call";

interface AnswerPartsProps {
  message: ChatMessage;
  live: boolean;
}

/** In the order in which they came; sources have a row of their own below. */
export function AnswerParts({ message, live }: AnswerPartsProps) {
  const last = message.parts.length - 1;
  return message.parts.map((part, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts are only ever added
    <Part key={place} part={part} live={live} growing={live && place === last} />
  ));
}

function Part({ part, live, growing }: { part: ChatPart; live: boolean; growing: boolean }) {
  if (part.type === "text") return <AnswerText text={part.text} growing={growing} />;
  if (part.type === "reasoning") return <Reasoning text={part.text} growing={growing} />;
  if (part.type === "data-notice") return <Notice {...part.data} />;
  if (isBound(part)) return <PartView part={part} live={live} />;
  if (!isToolPart(part)) return null;
  return (
    <ToolCall
      name={toolNameOf(part)}
      state={part.state}
      input={part.input ?? ("rawInput" in part ? part.rawInput : undefined)}
      output={part.output}
      error={part.errorText}
      live={live}
    />
  );
}
