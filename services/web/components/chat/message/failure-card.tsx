"use client";

import { CircleAlert, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { useText } from "@/lib/text";
import { type Failure, failureWords } from "../model/failure";

interface FailureCardProps {
  failure?: Failure;
  /** In place of a failure: nothing failed that we know of. */
  note?: string;
  onRetry: () => void;
  /** To the answer that there was before; absent where there is none. */
  onBack?: () => void;
}

export function FailureCard({ failure, note, onRetry, onBack }: FailureCardProps) {
  const text = useText();
  const words = failure ? failureWords(failure, text) : null;
  const waitS = useCountdown(failure?.error, words?.waitS ?? 0);
  return (
    <div
      role={failure ? "alert" : "status"}
      className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl border border-line bg-raised px-4 py-3"
    >
      <CircleAlert aria-hidden className={failure ? "size-5 text-danger" : "size-5 text-muted"} />
      <div className="min-w-48 flex-1">
        {words ? <p className="font-medium text-sm">{words.title}</p> : null}
        <p className="wrap-anywhere text-muted text-sm">
          {words?.body ?? note}
          {/* Not read out anew with each second. */}
          {waitS > 0 ? (
            <span aria-live="off" className="ms-1">
              {text.chat.failure.waitS(waitS)}
            </span>
          ) : null}
        </p>
      </div>
      {onBack ? (
        <Button variant="ghost" size="sm" onClick={onBack}>
          {text.chat.failure.back}
        </Button>
      ) : null}
      <Button variant="secondary" size="sm" disabled={waitS > 0} onClick={onRetry}>
        <RefreshCw aria-hidden />
        {text.common.actions.retry}
      </Button>
    </div>
  );
}

/** Seconds that are left of `fromS`, for each new error. */
function useCountdown(error: Error | undefined, fromS: number): number {
  const [left, setLeft] = useState(fromS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it begins anew with a new error only
  useEffect(() => {
    setLeft(fromS);
    if (fromS <= 0) return;
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1_000);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}
