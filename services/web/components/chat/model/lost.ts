// Which failures mean that an answer may be going on without us.

import { ApiError } from "@/lib/api/errors";

/** An answer whose end never came: the SDK would take what there is of it for all. */
export const BROKEN_OFF = "broken_off";

/** The question has a picture, and its model takes none: it is not sent. */
export const NO_PICTURES = "no_pictures";

/** Whether the way to the edge was lost: the answer may be going on without us. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.code === NO_PICTURES) return false;
  return error.status === 0 || error.code === "edge_away";
}

/** Whether asking again in a moment may do. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof ApiError && (isLost(error) || error.status === 429 || error.status >= 500)
  );
}
