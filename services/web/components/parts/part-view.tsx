"use client";

import type { UIMessage } from "ai";
import { Suspense } from "react";
import { useText } from "@/lib/text";
import { BoundPart, PartSkeleton } from "./bound-part";
import { PartBoundary } from "./part-boundary";
import { RawCard } from "./raw-card";
import { PARTS } from "./registry";

type Part = UIMessage["parts"][number];

export interface PartViewProps {
  part: Part;
  /** Whether its message is still being written. */
  live: boolean;
}

/** Whether a component is bound to it; what is not is shown as any tool call, or not at all. */
export function isBound(part: Part): boolean {
  return Object.hasOwn(PARTS, typeOf(part));
}

/** A tool call or data part as the component that registry.tsx binds to it. */
export function PartView({ part, live }: PartViewProps) {
  const text = useText().parts;
  const binding = PARTS[typeOf(part)];
  if (!binding) return null;
  const { value, error, complete, final } = contentOf(part);
  const name = typeOf(part).replace(/^(tool|data)-/, "");
  const raw = <RawCard name={name} value={value} reason={error} />;
  if (error) return raw;
  if (!complete && !live) return <RawCard name={name} value={value} reason={text.interrupted} />;
  return (
    <PartBoundary fallback={raw} attempt={value}>
      <Suspense fallback={<PartSkeleton />}>
        <BoundPart binding={binding} name={name} value={value} complete={complete} final={final} />
      </Suspense>
    </PartBoundary>
  );
}

interface Content {
  value: unknown;
  error?: string;
  complete: boolean;
  final: boolean;
}

function contentOf(part: Part): Content {
  if ("data" in part) return { value: part.data, complete: true, final: false };
  if (!("input" in part)) return { value: undefined, complete: true, final: true };
  const written = "rawInput" in part ? (part.input ?? part.rawInput) : part.input;
  return {
    value: written,
    error: part.state === "output-error" ? part.errorText : undefined,
    complete: part.state !== "input-streaming",
    final: part.state !== "input-streaming",
  };
}

function typeOf(part: Part): string {
  return part.type === "dynamic-tool" ? `tool-${part.toolName}` : part.type;
}
