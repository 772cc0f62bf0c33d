"use client";

import { useCallback, useEffect, useState } from "react";
import { getPassage, type PassageInContext } from "@/lib/api/documents";
import { ApiError } from "@/lib/api/errors";
import type { CitedPassage } from "@/lib/citations/passage";

export type Reading =
  | { state: "reading" }
  | { state: "read"; found: PassageInContext }
  | { state: "gone" }
  | { state: "failed"; error: unknown; again: () => void };

interface Told {
  key: string;
  reading: Reading;
}

/** The passage among its neighbours, as the document has it now. */
export function usePassage({ document, number }: CitedPassage): Reading {
  const key = `${document}/${number}`;
  const [told, setTold] = useState<Told | null>(null);
  const [attempt, setAttempt] = useState(0);
  const again = useCallback(() => {
    setTold(null);
    setAttempt((before) => before + 1);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt reads the same again
  useEffect(() => {
    const stop = new AbortController();
    const tell = (reading: Reading) => stop.signal.aborted || setTold({ key, reading });
    getPassage(document, number, stop.signal).then(
      (found) => tell({ state: "read", found }),
      (error: unknown) => {
        const gone = error instanceof ApiError && error.status === 404;
        tell(gone ? { state: "gone" } : { state: "failed", error, again });
      },
    );
    return () => stop.abort();
  }, [document, number, key, again, attempt]);
  return told?.key === key ? told.reading : { state: "reading" };
}
