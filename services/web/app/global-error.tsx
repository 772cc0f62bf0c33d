"use client";

import { en } from "@/lib/text/en";
import { zh } from "@/lib/text/zh";
import "./globals.css";

/** Stands in for the root layout where that failed itself; it does not know the language, so it speaks both. */
export default function GlobalError({ reset }: { error: Error; reset: () => void }) {
  return (
    <html lang="en" data-theme="system">
      <body>
        <main className="flex min-h-dvh flex-col items-center justify-center gap-3 px-6 text-center">
          <h1 className="font-semibold text-xl">{en.common.broken.title}</h1>
          <p className="text-muted" lang="zh-CN">
            {zh.common.broken.title}
          </p>
          <button
            type="button"
            onClick={reset}
            className="mt-3 h-9 rounded-md bg-accent px-4 text-accent-text"
          >
            {en.common.actions.retry} · <span lang="zh-CN">{zh.common.actions.retry}</span>
          </button>
        </main>
      </body>
    </html>
  );
}
