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

const NONE_AGAIN_MS = 5_000;

/** Null until they are known. Asked again when the page is looked at, and while there are none. */
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
  const known = useSyncExternalStore(models.subscribe, models.get, onTheServer);
  const none = known === null || known.length === 0;
  useEffect(() => {
    if (!none) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void models.refresh(true);
    }, NONE_AGAIN_MS);
    return () => clearInterval(timer);
  }, [models, none]);
  return known;
}

const onTheServer = () => null;
