"use client";

import { useEffect, useState } from "react";
import { useText } from "@/lib/text";

const LONG_MS = 5_000;

interface WaitingProps {
  /** The service has taken the question: the model has yet to say something. */
  taken: boolean;
}

/** Where the answer will be. When it takes long, it says that it is still awaited, and why. */
export function Waiting({ taken }: WaitingProps) {
  const { status: words } = useText().chat;
  const long = useLong();
  return (
    <div className="flex min-h-7 items-center gap-3 pb-4">
      <span className="flex items-center gap-1.5">
        <span className="sr-only">{words.waiting}</span>
        <span aria-hidden className="size-2 animate-pulse rounded-full bg-faint" />
        <span
          aria-hidden
          className="size-2 animate-pulse rounded-full bg-faint [animation-delay:150ms]"
        />
        <span
          aria-hidden
          className="size-2 animate-pulse rounded-full bg-faint [animation-delay:300ms]"
        />
      </span>
      <span role="status" className="text-muted text-sm">
        {long ? (
          <span className="animate-fade">{taken ? words.stillWaiting : words.noReply}</span>
        ) : null}
      </span>
    </div>
  );
}

function useLong(): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return long;
}
