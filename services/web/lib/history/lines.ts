// The sidebar's list as one column of lines: headings and conversations.

import type { Conversation } from "../api/conversations";
import { groupByDay, type Period } from "./by-day";
import type { HistoryState } from "./store";

export type Heading = { kind: "pinned" } | Period;

export type Line =
  | { kind: "heading"; key: string; heading: Heading }
  | { kind: "conversation"; key: string; conversation: Conversation };

export function linesOf(
  { pinned, recent }: Pick<HistoryState, "pinned" | "recent">,
  nowMs: number,
  timeZone?: string,
): Line[] {
  const groups: { key: string; period: Heading; entries: Conversation[] }[] = groupByDay(
    recent,
    nowMs,
    timeZone,
  );
  if (pinned.length > 0) {
    groups.unshift({ key: "pinned", period: { kind: "pinned" }, entries: pinned });
  }
  return groups.flatMap(({ key, period, entries }): Line[] => [
    { kind: "heading", key, heading: period },
    ...entries.map((conversation): Line => lineOf(conversation)),
  ]);
}

function lineOf(conversation: Conversation): Line {
  return { kind: "conversation", key: `c-${conversation.id}`, conversation };
}

/** The conversation `step` rows away; at an end, the last one there. */
export function rowBeside(lines: Line[], id: string, step: number): string | undefined {
  const rows = lines.flatMap((line) =>
    line.kind === "conversation" ? [line.conversation.id] : [],
  );
  const at = rows.indexOf(id);
  if (at < 0) return rows[0];
  return rows[Math.min(rows.length - 1, Math.max(0, at + step))];
}
