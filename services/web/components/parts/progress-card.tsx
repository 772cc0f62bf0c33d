"use client";

import { Check, Circle, LoaderCircle, X } from "lucide-react";
import { cn } from "@/lib/classes";
import { useText } from "@/lib/text";
import { PartCard } from "./part-card";
import type { ProgressInput } from "./schemas";

export { progressSchema as schema } from "./schemas";

type Step = NonNullable<ProgressInput["steps"]>[number];

const ICONS = { waiting: Circle, running: LoaderCircle, done: Check, failed: X };
const COLOURS = {
  waiting: "text-faint",
  running: "text-accent motion-safe:animate-spin",
  done: "text-success",
  failed: "text-danger",
};

/** How far a piece of work has come; a data part with the same id replaces it. */
export default function ProgressCard({ title, percent, steps = [] }: ProgressInput) {
  const done = steps.filter((step) => step.state === "done").length;
  const share = percent ?? (steps.length ? (100 * done) / steps.length : undefined);
  return (
    <PartCard title={title} actions={share !== undefined && <Share percent={Math.round(share)} />}>
      {share !== undefined && <Bar title={title} percent={Math.round(share)} />}
      {steps.length > 0 && (
        <ol className="px-4 py-2.5">
          {steps.map((step, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place
            <StepLine key={place} step={step} />
          ))}
        </ol>
      )}
    </PartCard>
  );
}

function Share({ percent }: { percent: number }) {
  return <span className="pr-2 text-[13px] text-muted tabular-nums">{percent}%</span>;
}

function Bar({ title, percent }: { title: string; percent: number }) {
  return (
    <div
      role="progressbar"
      aria-label={title}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-1 bg-selected"
    >
      <div
        className="h-full origin-left bg-accent transition-transform"
        style={{ transform: `scaleX(${percent / 100})` }}
      />
    </div>
  );
}

function StepLine({ step }: { step: Step }) {
  const text = useText().parts.progress;
  const Icon = ICONS[step.state];
  return (
    <li className="flex items-start gap-2.5 py-1 text-sm">
      <Icon size={16} className={cn("mt-0.5 shrink-0", COLOURS[step.state])} aria-hidden />
      <span className={cn(step.state === "waiting" && "text-muted")}>
        {step.label}
        <span className="sr-only">{` (${text[step.state]})`}</span>
        {step.detail && <span className="block text-[13px] text-muted">{step.detail}</span>}
      </span>
    </li>
  );
}
