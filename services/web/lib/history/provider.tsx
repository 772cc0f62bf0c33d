"use client";

import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { type HistoryState, HistoryStore } from "./store";
import { Transcripts } from "./transcripts";

interface History {
  history: HistoryStore;
  transcripts: Transcripts;
}

const HistoryContext = createContext<History | null>(null);
const CHANNEL = "sluice-history";
const STALE_MS = 20_000;

/** One list for the whole page; the other tabs of this browser hear of what changes here. */
export function HistoryProvider({ children }: { children: ReactNode }) {
  const others = useRef<BroadcastChannel | null>(null);
  const [parts] = useState<History>(() => ({
    history: new HistoryStore(undefined, () => others.current?.postMessage("changed")),
    transcripts: new Transcripts(),
  }));
  useEffect(() => {
    const { history } = parts;
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = () => void history.refresh();
    others.current = channel;
    const seen = () => {
      if (document.visibilityState === "visible") history.refreshIfOlderThan(STALE_MS);
    };
    const back = () => void history.refresh();
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("online", back);
    void history.refresh();
    return () => {
      channel.close();
      others.current = null;
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", back);
      history.stop();
    };
  }, [parts]);
  return <HistoryContext value={parts}>{children}</HistoryContext>;
}

export function useHistory(): History {
  const parts = useContext(HistoryContext);
  if (!parts) throw new Error("useHistory outside HistoryProvider");
  return parts;
}

export function useConversations(): HistoryState {
  const { history } = useHistory();
  return useSyncExternalStore(history.subscribe, history.getSnapshot, history.getSnapshot);
}
