"use client";

import { BookOpen, Code, Lightbulb, Table2 } from "lucide-react";
import { LogoMark } from "@/components/logo";
import { useText } from "@/lib/text";

const ICONS = [BookOpen, Lightbulb, Code, Table2];

export function EmptyState({ onAsk }: { onAsk: (text: string) => void }) {
  const { greeting, greetingNote, starters } = useText().chat;
  return (
    <div className="flex min-h-0 flex-1 flex-col items-center overflow-y-auto px-4">
      <div className="my-auto w-full max-w-184 py-8">
        <div className="mb-8 text-center">
          <LogoMark className="mx-auto mb-4 size-10 text-accent" />
          <h2 className="font-semibold text-[26px] tracking-tight">{greeting}</h2>
          <p className="mt-1.5 text-muted">{greetingNote}</p>
        </div>
        <ul className="grid gap-2.5 sm:grid-cols-2">
          {starters.map(({ title, prompt }, place) => {
            const Icon = ICONS[place % ICONS.length] ?? BookOpen;
            return (
              <li key={title}>
                <button
                  type="button"
                  onClick={() => onAsk(prompt)}
                  className="flex h-full w-full items-start gap-3 rounded-xl border border-line bg-raised px-4 py-3 text-left transition-colors hover:border-line-strong hover:bg-hover"
                >
                  <Icon aria-hidden className="mt-0.5 size-[18px] shrink-0 text-accent" />
                  <span className="min-w-0">
                    <span className="block font-medium text-sm">{title}</span>
                    <span className="line-clamp-2 text-[13px] text-muted">{prompt}</span>
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}
