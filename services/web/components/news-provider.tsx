"use client";

import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { type News, NewsDesk } from "@/lib/conversation-news";

const NewsContext = createContext<NewsDesk | null>(null);

export function NewsProvider({ children }: { children: ReactNode }) {
  const [desk] = useState(() => new NewsDesk());
  return <NewsContext value={desk}>{children}</NewsContext>;
}

export function useNewsDesk(): NewsDesk {
  const desk = useContext(NewsContext);
  if (!desk) throw new Error("there is no NewsProvider around this");
  return desk;
}

/** Calls back with what happens to conversations; `listener` must be stable. */
export function useNews(listener: (news: News, fromHere: boolean) => void): void {
  const desk = useNewsDesk();
  useEffect(() => desk.listen(listener), [desk, listener]);
}
