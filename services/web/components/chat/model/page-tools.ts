// The tools that run in the page: what is offered to the model, and what it is told of their calls.

import type { Chat } from "@ai-sdk/react";
import type { CalledTool } from "./conversation-parts";
import { type ChatMessage, isToolPart } from "./message";
import type { OfferedTool } from "./transport";

/** An answer that calls and calls again comes to an end. */
const MAX_STEPS = 5;

const load = () => import("@/components/parts/tools");

export async function offeredTools(): Promise<OfferedTool[]> {
  return (await load()).CLIENT_TOOLS;
}

/** A call is answered by being shown. */
export function answerCall(chat: Chat<ChatMessage>, { toolCallId, toolName }: CalledTool): void {
  void load().then(({ isClientTool, SHOWN }) => {
    if (!isClientTool(toolName)) return;
    return chat.addToolOutput({ tool: toolName as never, toolCallId, output: SHOWN as never });
  });
}

/** With the results of all calls of its last step, an answer goes on. */
export function goesOn(messages: ChatMessage[]): boolean {
  const last = messages.at(-1);
  if (last?.role !== "assistant" || last.metadata?.finishReason === "cancelled") return false;
  const steps = last.parts.filter((part) => part.type === "step-start").length;
  const begin = last.parts.findLastIndex((part) => part.type === "step-start");
  const calls = last.parts.slice(begin + 1).filter(isToolPart);
  const answered = calls.every((call) => call.state.startsWith("output-"));
  return calls.length > 0 && answered && steps < MAX_STEPS;
}
