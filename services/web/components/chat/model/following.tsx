"use client";

import { type Chat, useChat } from "@ai-sdk/react";
import { useLayoutEffect } from "react";
import type { ChatMessage } from "./message";

export interface FollowingProps {
  chat: Chat<ChatMessage>;
  onChange: () => void;
}

/** Shows nothing: it tells what shows the conversation of each change of the SDK's chat, before the browser paints. */
export function Following({ chat, onChange }: FollowingProps) {
  const { messages, status, error } = useChat<ChatMessage>({ chat });
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are the changes
  useLayoutEffect(onChange, [messages, status, error, onChange]);
  return null;
}
