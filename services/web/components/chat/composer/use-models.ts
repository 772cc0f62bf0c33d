"use client";

import { useEffect, useSyncExternalStore } from "react";
import type { ChatModel } from "@/lib/api/models";
import { useChatWorld } from "../chat-provider";
import type { Choices } from "../model/choices";

export function useChoices(): [Choices, (part: Partial<Choices>) => void] {
  const { choices } = useChatWorld();
  const chosen = useSyncExternalStore(choices.subscribe, choices.get, serverChoices);
  return [chosen, (part) => choices.choose(part)];
}

const ON_THE_SERVER: Choices = { model: "", retrieval: true };
const serverChoices = () => ON_THE_SERVER;

/** Null until they are known. Asked again when the page is looked at. */
export function useModels(): ChatModel[] | null {
  const { models } = useChatWorld();
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") void models.refresh();
    };
    look();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", look);
    window.addEventListener("focus", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", look);
      window.removeEventListener("focus", look);
    };
  }, [models]);
  return useSyncExternalStore(models.subscribe, models.get, onTheServer);
}

const onTheServer = () => null;
