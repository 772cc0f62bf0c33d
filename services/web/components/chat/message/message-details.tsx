"use client";

import { Info } from "lucide-react";
import { IconButton } from "@/components/ui/icon-button";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import type { MessageMetadata } from "../model/message";

/** When, by which model, and for how many tokens. */
export function MessageDetails({ metadata }: { metadata: MessageMetadata | undefined }) {
  const { message: words } = useText().chat;
  const locale = LANG[useLanguage()];
  const { createdAt, model, usage } = metadata ?? {};
  if (!createdAt && !model) return null;
  const number = new Intl.NumberFormat(locale);
  const counted = (count: number | undefined) => number.format(count ?? 0);
  const when = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  return (
    <Popover>
      <PopoverTrigger asChild>
        <IconButton size="sm" label={words.details} tooltip={false}>
          <Info aria-hidden />
        </IconButton>
      </PopoverTrigger>
      <PopoverContent className="w-auto min-w-52" aria-label={words.details}>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
          {createdAt ? <Entry name={words.time}>{when.format(createdAt)}</Entry> : null}
          {model ? <Entry name={words.model}>{model}</Entry> : null}
          {usage?.outputTokens === undefined ? null : (
            <Entry name={words.tokens}>
              {words.tokensInOut(counted(usage.inputTokens), counted(usage.outputTokens))}
            </Entry>
          )}
        </dl>
      </PopoverContent>
    </Popover>
  );
}

function Entry({ name, children }: { name: string; children: string }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </>
  );
}
