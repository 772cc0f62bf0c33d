// The way of the AI SDK to the edge, through the web's own server.

import { DefaultChatTransport, type UIMessageChunk } from "ai";
import { ApiError, edgePath, ourFetch } from "@/lib/api/fetching";
import type { Choices } from "./choices";
import { BROKEN_OFF, NO_PICTURES } from "./lost";
import type { ChatMessage } from "./message";
import { isPicture, messagesToSend, type Sending } from "./request";

export interface OfferedTool {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

/** What a question is sent with. */
export type Asking = Choices & Sending;

export interface TransportParts {
  choices: () => Asking;
  tools: () => Promise<OfferedTool[]>;
  /** The first of an answer has come: from then on the SDK says that it is being written. */
  onConnected: () => void;
}

export class EdgeTransport extends DefaultChatTransport<ChatMessage> {
  private readonly onConnected: () => void;

  constructor({ choices, tools, onConnected }: TransportParts) {
    super({
      api: edgePath("/v1/chat"),
      fetch: ourFetch,
      prepareSendMessagesRequest: async ({ id, messages, trigger, messageId }) => {
        const { model, retrieval, pictures } = choices();
        if (!pictures && messages.findLast(isQuestion)?.parts.some(isPicture)) {
          throw new ApiError(0, NO_PICTURES, "The model takes no pictures.");
        }
        const offered = await tools();
        return {
          body: {
            id,
            messages: messagesToSend(messages, { pictures }),
            trigger,
            messageId,
            retrieval,
            ...(model ? { model } : {}),
            ...(offered.length > 0 ? { tools: offered } : {}),
          },
        };
      },
    });
    this.onConnected = onConnected;
  }

  protected override processResponseStream(
    stream: ReadableStream<Uint8Array<ArrayBufferLike>>,
  ): ReadableStream<UIMessageChunk> {
    return super.processResponseStream(unbroken(stream)).pipeThrough(toItsEnd(this.onConnected));
  }
}

function isQuestion({ role }: ChatMessage): boolean {
  return role === "user";
}

/** A connection that breaks in mid-answer is told from a fault of ours. */
function unbroken(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        const aborted = error instanceof DOMException && error.name === "AbortError";
        controller.error(aborted ? error : new ApiError(0, BROKEN_OFF, String(error)));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function toItsEnd(onBegun: () => void): TransformStream<UIMessageChunk, UIMessageChunk> {
  let begun = false;
  let ended = false;
  return new TransformStream({
    transform(chunk, controller) {
      if (!begun) onBegun();
      begun = true;
      ended ||= chunk.type === "finish" || chunk.type === "abort" || chunk.type === "error";
      controller.enqueue(chunk);
    },
    flush() {
      if (!ended) throw new ApiError(0, BROKEN_OFF, "The answer's end did not come.");
    },
  });
}
