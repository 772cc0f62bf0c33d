"use client";

import { useText } from "@/lib/text";
import { PartCard } from "./part-card";

export interface RawCardProps {
  name: string;
  value: unknown;
  /** Why there is nothing better to see; one of ours unless given. */
  reason?: string;
}

/** What a component could not show, as it came. */
export function RawCard({ name, value, reason }: RawCardProps) {
  const text = useText().parts;
  return (
    <PartCard title={name}>
      <p className="px-4 pt-2.5 text-[13px] text-muted">{reason ?? text.notShown}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <section tabIndex={0} aria-label={text.raw} className="max-h-72 overflow-auto px-4 py-2.5">
        <pre className="font-mono text-[13px]">{asJson(value)}</pre>
      </section>
    </PartCard>
  );
}

function asJson(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}
