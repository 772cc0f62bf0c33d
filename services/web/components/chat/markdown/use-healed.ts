"use client";

import { useEffect, useState } from "react";

type Heal = (text: string) => string;

const OPTIONS = { linkMode: "text-only" } as const;
const load = () => import("remend");

/** A text whose end has not come, with what it has opened closed: its emphasis, links and code. */
export function useHealed(text: string, growing: boolean): string {
  const [heal, setHeal] = useState<Heal | null>(null);
  useEffect(() => {
    if (!growing) return;
    let wanted = true;
    load().then(
      ({ default: remend }) => wanted && setHeal(() => (whole: string) => remend(whole, OPTIONS)),
      () => {}, // the text is shown as far as it has come, and the next answer tries again
    );
    return () => {
      wanted = false;
    };
  }, [growing]);
  return growing && heal ? heal(text) : text;
}

export const loadHealing = load;
