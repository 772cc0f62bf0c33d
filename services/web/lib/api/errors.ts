// What went wrong between the page and the edge, in one form whatever the route's own is.

import type { Text } from "../text/text";

export class ApiError extends Error {
  constructor(
    /** HTTP's; 0: no answer came. */
    readonly status: number,
    /** Stable: the edge's `code`, or `offline`, `away`. */
    readonly code: string,
    /** The server's words, in English. */
    readonly detail: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(detail || code);
  }
}

/** Of an answer in plain text, which cannot hold its code. */
const CODE_HEADER = "x-sluice-error";

/** Reads an answer that is no success: RFC 9457, OpenAI's envelope, or plain text. */
export async function readError(answer: Response): Promise<ApiError> {
  const body = (await answer.text().catch(() => "")).slice(0, 4_000);
  const { code, detail } = parsed(body);
  const after = Number(answer.headers.get("retry-after") ?? Number.NaN);
  return new ApiError(
    answer.status,
    code || answer.headers.get(CODE_HEADER) || `http_${answer.status}`,
    detail,
    Number.isFinite(after) ? after : null,
  );
}

/** For the reader, in the page's language. */
export function wordsFor(error: unknown, { common }: Text): string {
  const words = common.errors;
  if (!(error instanceof ApiError)) return words.unknown;
  if (error.code === "offline") return words.offline;
  if (error.code === "away" || error.code === "edge_away") return words.away;
  return (
    codeWords(error.code, words.byCode) ??
    statusWords(error.status, words, error.retryAfterS ?? BUSY_S)
  );
}

const BUSY_S = 10;

/** Undefined for a code that says no more than its status does. */
export function codeWords(code: string, byCode: Record<string, string>): string | undefined {
  return Object.hasOwn(byCode, code) ? byCode[code] : undefined;
}

function statusWords(status: number, words: Text["common"]["errors"], afterS: number): string {
  switch (status) {
    case 400:
    case 422:
      return words.invalid;
    case 401:
      return words.signedOut;
    case 403:
      return words.forbidden;
    case 404:
      return words.notFound;
    case 413:
      return words.tooLarge;
    case 429:
      return words.busy(afterS);
    case 502:
    case 503:
    case 504:
      return words.unavailable;
    case 499:
      return words.cancelled;
    default:
      return words.unknown;
  }
}

function parsed(body: string): { code: string; detail: string } {
  try {
    const value = JSON.parse(body) as Record<string, unknown>;
    const error = (typeof value.error === "object" && value.error ? value.error : value) as Record<
      string,
      unknown
    >;
    return { code: text(error.code ?? error.type), detail: text(error.detail ?? error.message) };
  } catch {
    return { code: "", detail: body };
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
