"use client";

import { useEffect, useState } from "react";

const LOOK_MS = 30_000;

/** Now, as of when the day last changed: a page that stays open overnight has yesterday's where it belongs. */
export function useToday(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNowMs((before) => (isSameDay(before, Date.now()) ? before : Date.now()));
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}
