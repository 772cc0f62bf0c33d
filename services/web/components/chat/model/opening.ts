// The open conversations with all that they need of the browser and the edge.

import { isBeingWritten, readOlder, stopAnswer } from "@/lib/api/chat";
import type { Transcripts } from "@/lib/history/transcripts";
import type { ConversationParts } from "./conversation-parts";
import { browserNetwork } from "./network";
import { OpenConversations } from "./open-conversations";
import { answerCall, goesOn, offeredTools } from "./page-tools";

interface Around extends Pick<ConversationParts, "choices" | "unsent" | "tell" | "onFailed"> {
  transcripts: Transcripts;
}

export function openConversations({ transcripts, ...around }: Around): OpenConversations {
  return new OpenConversations({
    ...around,
    network: browserNetwork,
    tools: offeredTools,
    peek: (id) => transcripts.peek(id),
    readTranscript: async (id, signal, maxAgeMs) =>
      readOlder(await transcripts.read(id, maxAgeMs), signal),
    isBeingWritten,
    stopAnswer,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    onToolCall: answerCall,
    goesOn,
  });
}
