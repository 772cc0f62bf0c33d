// A list of conversations as a calendar has it: today, yesterday, the seven days before, then by month.

export type Period =
  | { kind: "today" }
  | { kind: "yesterday" }
  | { kind: "week" }
  /** `month` from 1. */
  | { kind: "month"; year: number; month: number };

export interface Group<T> {
  key: string;
  period: Period;
  entries: T[];
}

interface Day {
  year: number;
  month: number;
  /** Days since 1970 by the calendar, so that no change of clocks makes a day longer. */
  number: number;
}

const DAY_MS = 86_400_000;

/** `entries` newest first; `nowMs` and the zone say which day it is. Without a zone: the browser's own. */
export function groupByDay<T extends { updated_at: number }>(
  entries: T[],
  nowMs: number,
  timeZone?: string,
): Group<T>[] {
  const dayOf = calendar(timeZone);
  const today = dayOf(nowMs);
  const groups: Group<T>[] = [];
  for (const entry of entries) {
    const period = periodOf(dayOf(entry.updated_at * 1000), today);
    const key = period.kind === "month" ? `${period.year}-${period.month}` : period.kind;
    const last = groups.at(-1);
    if (last?.key === key) last.entries.push(entry);
    else groups.push({ key, period, entries: [entry] });
  }
  return groups;
}

/** "November", and of another year "November 2025". */
export function monthName(
  { year, month }: { year: number; month: number },
  nowMs: number,
  locale: string,
  timeZone?: string,
): string {
  const thisYear = calendar(timeZone)(nowMs).year === year;
  return new Intl.DateTimeFormat(locale, {
    timeZone: "UTC",
    month: "long",
    ...(thisYear ? {} : { year: "numeric" }),
  }).format(Date.UTC(year, month - 1, 15));
}

function periodOf(day: Day, today: Day): Period {
  const age = today.number - day.number;
  if (age <= 0) return { kind: "today" }; // a clock that is ahead of ours makes no future
  if (age === 1) return { kind: "yesterday" };
  if (age <= 7) return { kind: "week" };
  return { kind: "month", year: day.year, month: day.month };
}

function calendar(timeZone: string | undefined): (ms: number) => Day {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    year: "numeric",
    month: "numeric",
    day: "numeric",
  });
  return (ms) => {
    const found = { year: 0, month: 0, day: 0 };
    for (const { type, value } of format.formatToParts(ms)) {
      if (type === "year" || type === "month" || type === "day") found[type] = Number(value);
    }
    return {
      year: found.year,
      month: found.month,
      number: Math.floor(Date.UTC(found.year, found.month - 1, found.day) / DAY_MS),
    };
  };
}
