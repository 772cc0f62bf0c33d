// What went wrong with an answer, in plain words.

import { ApiError, wordsFor } from "@/lib/api/errors";
import type { Text } from "@/lib/text/text";
import { isLost } from "./lost";

export interface FailureWords {
  title: string;
  body: string;
  /** Asking again before that would be refused. */
  waitS: number;
}

const TOO_LONG = /context|too (long|many tokens)|max_model_len|more than .* (tokens|characters)/i;
const WAIT_S = 10;

/** `begun`: there is something of the answer. */
export function failureWords(error: Error, begun: boolean, text: Text): FailureWords {
  const { failure } = text.chat;
  const title = begun ? failure.brokenOff : failure.title;
  if (TOO_LONG.test(detailOf(error))) return { title, body: failure.contextTooLong, waitS: 0 };
  if (!(error instanceof ApiError)) {
    return { title, body: `${failure.server} ${error.message}`, waitS: 0 };
  }
  if (isLost(error))
    return { title, body: navigator.onLine ? wordsFor(error, text) : failure.lost, waitS: 0 };
  if (error.status === 429) {
    const waitS = error.retryAfterS ?? WAIT_S;
    return { title, body: failure.busy(waitS), waitS };
  }
  if (error.status === 404 && /model/i.test(error.detail)) {
    return { title, body: failure.noModel, waitS: 0 };
  }
  return { title, body: wordsFor(error, text), waitS: 0 };
}

function detailOf(error: Error): string {
  const refused = error instanceof ApiError && ![400, 413].includes(error.status);
  return refused ? "" : error.message;
}
