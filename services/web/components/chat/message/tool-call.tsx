"use client";

import { ChevronRight, CircleAlert, CircleCheck, Wrench } from "lucide-react";
import { Spinner } from "@/components/ui/spinner";
import { useText } from "@/lib/text";

interface ToolCallProps {
  name: string;
  state: string;
  input: unknown;
  output: unknown;
  error: string | undefined;
  live: boolean;
}

/** A call of a tool that has no component of its own. */
export function ToolCall({ name, state, input, output, error, live }: ToolCallProps) {
  const { tool: words } = useText().chat;
  const failed = state === "output-error" || state === "output-denied";
  const running = live && (state === "input-streaming" || state === "input-available");
  const label = failed
    ? state === "output-denied"
      ? words.denied
      : words.failed
    : running
      ? words.calling
      : words.called;
  return (
    <details className="group/tool my-3 overflow-hidden rounded-xl border border-line bg-raised text-sm">
      <summary className="flex min-h-10 list-none items-center gap-2 px-3 hover:bg-hover pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
        <Wrench aria-hidden className="size-4 shrink-0 text-muted" />
        <span className="text-muted">{label}</span>
        <code className="min-w-0 truncate font-mono text-[13px]">{name}</code>
        <span className="ml-auto flex items-center gap-1.5">
          {running ? (
            <Spinner className="text-muted" />
          ) : failed ? (
            <CircleAlert aria-hidden className="size-4 text-danger" />
          ) : (
            <CircleCheck aria-hidden className="size-4 text-success" />
          )}
          <ChevronRight
            aria-hidden
            className="size-4 text-faint transition-transform group-open/tool:rotate-90"
          />
        </span>
      </summary>
      <div className="space-y-2 border-line border-t px-3 py-2.5">
        <Value label={words.input} value={input} />
        {error ? (
          <p className="text-danger">{error}</p>
        ) : (
          <Value label={words.output} value={output} />
        )}
      </div>
    </details>
  );
}

function Value({ label, value }: { label: string; value: unknown }) {
  if (value === undefined) return null;
  const shown = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <div>
      <p className="mb-1 text-muted text-xs">{label}</p>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        tabIndex={0}
        aria-label={label}
        className="max-h-60 overflow-auto rounded-md bg-surface p-2"
      >
        <pre className="wrap-anywhere whitespace-pre-wrap font-mono text-[12.5px]">{shown}</pre>
      </section>
    </div>
  );
}
