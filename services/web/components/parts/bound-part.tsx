"use client";

import { memo, use } from "react";
import type { Binding, PartModule } from "./binding";
import { RawCard } from "./raw-card";

export interface BoundPartProps {
  binding: Binding;
  name: string;
  value: unknown;
  /** While it is being written, what does not fit yet is awaited. */
  complete: boolean;
  /** Whether it will not change any more: each delta of the answer copies all that is before it. */
  final: boolean;
}

/** Suspends until the component is there. */
export const BoundPart = memo(Bound, isSame);

function Bound({ binding, name, value, complete }: BoundPartProps) {
  const { default: Shown, schema } = use(binding());
  const props = checked(value, schema);
  if (props) return <Shown {...props} />;
  return complete ? <RawCard name={name} value={value} /> : <PartSkeleton />;
}

function isSame(before: BoundPartProps, after: BoundPartProps): boolean {
  if (before.binding !== after.binding) return false;
  return before.value === after.value
    ? before.complete === after.complete
    : before.final && after.final;
}

function checked(value: unknown, schema: PartModule<object>["schema"]): object | null {
  if (schema) return schema.safeParse(value).data ?? null;
  return typeof value === "object" ? value : null;
}

export function PartSkeleton() {
  return (
    <div
      aria-hidden
      className="my-3 h-24 rounded-xl border border-line bg-surface motion-safe:animate-pulse"
    />
  );
}
