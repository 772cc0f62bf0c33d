"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { type Match, searchConversations } from "@/lib/api/conversations";

const WAIT_MS = 140;
const PAGE = 20;
const MOST = 200;

interface Found {
  query: string;
  matches: Match[];
  cursor: string;
  error: unknown;
}

export interface Search {
  /** Of the query before, too, until those of this one are there; null: nothing was found out yet. */
  matches: Match[] | null;
  searching: boolean;
  error: unknown;
  more: boolean;
  loadMore: () => void;
}

/** Asks as the reader writes, once they pause; what is overtaken is given up. */
export function useSearch(written: string): Search {
  const query = written.trim();
  const [found, setFound] = useState<Found | null>(null);
  const [loading, setLoading] = useState(false);
  const going = useRef<AbortController | null>(null);

  const ask = useCallback(async (q: string, cursor: string, before: Match[]) => {
    going.current?.abort();
    const stop = new AbortController();
    going.current = stop;
    setLoading(true);
    try {
      const page = await searchConversations({ q, cursor, limit: PAGE }, stop.signal);
      const matches = [...before, ...page.matches];
      const next = matches.length < MOST ? page.next_cursor : "";
      setFound({ query: q, matches, cursor: next, error: null });
    } catch (error) {
      if (!stop.signal.aborted) setFound({ query: q, matches: before, cursor: "", error });
    }
    if (going.current === stop) setLoading(false);
  }, []);

  useEffect(() => {
    if (query === "") return;
    const timer = setTimeout(() => void ask(query, "", []), WAIT_MS);
    return () => {
      clearTimeout(timer);
      going.current?.abort();
    };
  }, [query, ask]);

  const current = found?.query === query;
  return {
    matches: query === "" ? null : (found?.matches ?? null),
    searching: query !== "" && (loading || !current),
    error: current ? found.error : null,
    more: current && found.cursor !== "",
    loadMore: () => {
      if (current && found.cursor && !loading) void ask(query, found.cursor, found.matches);
    },
  };
}
