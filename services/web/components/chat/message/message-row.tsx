"use client";

import { memo } from "react";
import type { Conversation } from "../model/conversation";
import type { ChatMessage } from "../model/message";
import { Answer } from "./answer";
import { Question } from "./question";

export interface MessageRowProps {
  conversation: Conversation;
  message: ChatMessage;
  /** It is being written. */
  live: boolean;
  /** Some answer is being written: nothing can be asked again meanwhile. */
  busy: boolean;
  isLast: boolean;
  /** Which of its versions this is, from 0. */
  version: number;
  versions: number;
}

/** Rendered again only when it changed itself: an answer that is written does not touch those before it. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  return (
    <div className={props.message.role === "user" ? "group/message pb-2" : "group/message pb-7"}>
      {props.message.role === "user" ? <Question {...props} /> : <Answer {...props} />}
    </div>
  );
});
