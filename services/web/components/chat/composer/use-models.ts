"use client";

import { useEffect, useState, useSyncExternalStore } from "react";
import { type ChatModel, readModels } from "@/lib/api/models";
import { useChatWorld } from "../chat-provider";
import type { Choices } from "../model/request";

const AGAIN_MS = 15_000;

export function useChoices(): [Choices, (part: Partial<Choices>) => void] {
  const { choices } = useChatWorld();
  const chosen = useSyncExternalStore(choices.subscribe, choices.get, serverChoices);
  return [chosen, (part) => choices.choose(part)];
}

const ON_THE_SERVER: Choices = { model: "", retrieval: true };
const serverChoices = () => ON_THE_SERVER;

/** Null until they are known. Asked again when the page is looked at: workers come and go. */
export function useModels(): ChatModel[] | null {
  const [models, setModels] = useState<ChatModel[] | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    let readAt = 0;
    const read = () => {
      if (document.visibilityState !== "visible" || Date.now() - readAt < AGAIN_MS) return;
      readAt = Date.now();
      readModels(leaving.signal).then(setModels, () => {
        readAt = 0; // the edge is away, which a question will tell; the next look tries again
      });
    };
    read();
    document.addEventListener("visibilitychange", read);
    window.addEventListener("online", read);
    return () => {
      leaving.abort();
      document.removeEventListener("visibilitychange", read);
      window.removeEventListener("online", read);
    };
  }, []);
  return models;
}
