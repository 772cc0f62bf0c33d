// What went wrong with an answer, in plain words of the page's language.

import { ApiError, codeWords, wordsFor } from "@/lib/api/errors";
import type { Text } from "@/lib/text/text";
import { isLost } from "./lost";

export interface Failure {
  /** Of the request; or of the stream, with the service's words. */
  error: Error;
  /** Of an answer that broke off. */
  code?: string;
  /** There is something of the answer. */
  begun: boolean;
}

export interface FailureWords {
  title: string;
  body: string;
  /** Asking again before that would be refused. */
  waitS: number;
}

const WAIT_S = 10;
const BUSY = ["rate_limit_exceeded", "queue_full"];

export function failureWords({ error, code, begun }: Failure, text: Text): FailureWords {
  const { failure } = text.chat;
  const title = begun ? failure.brokenOff : failure.title;
  return { title, body: bodyOf(error, code, text), waitS: waitOf(error) };
}

function bodyOf(error: Error, code: string | undefined, text: Text): string {
  const { failure } = text.chat;
  if (!(error instanceof ApiError)) return streamWords(error.message, code, text);
  if (isLost(error) && !navigator.onLine) return failure.lost;
  if (error.code === "rate_limit_exceeded") return failure.tooManyAnswers;
  if (error.status === 413) return failure.tooLarge;
  if (error.code === "invalid_request") {
    // It says no more than that: only the service's own words help.
    return `${wordsFor(error, text)} ${failure.server} ${error.detail}`;
  }
  return wordsFor(error, text);
}

/** The service's own words only where it gives no code that we know. */
function streamWords(said: string, code: string | undefined, { chat, common }: Text): string {
  if (code === "unavailable") return common.errors.unavailable;
  if (code === "internal_error") return common.errors.unknown;
  return codeWords(code ?? "", common.errors.byCode) ?? `${chat.failure.server} ${said}`;
}

function waitOf(error: Error): number {
  if (!(error instanceof ApiError)) return 0;
  if (error.status !== 429 && !BUSY.includes(error.code)) return 0;
  return error.retryAfterS ?? WAIT_S;
}
