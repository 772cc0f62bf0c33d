"use client";

import type { RefObject } from "react";
import { Popover, PopoverAnchor, PopoverContent } from "@/components/ui/popover";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import type { MessageMetadata } from "../model/message";

interface DetailsPopoverProps {
  metadata: MessageMetadata;
  opener: RefObject<HTMLButtonElement | null>;
  open: boolean;
  onClose: () => void;
}

export function DetailsPopover({ metadata, opener, open, onClose }: DetailsPopoverProps) {
  const { message: words } = useText().chat;
  const locale = LANG[useLanguage()];
  const { createdAt, model, usage } = metadata;
  const number = new Intl.NumberFormat(locale);
  const counted = (count: number | undefined) => number.format(count ?? 0);
  const when = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  return (
    <Popover open={open} onOpenChange={(now) => now || onClose()}>
      <PopoverAnchor virtualRef={opener as RefObject<HTMLButtonElement>} />
      <PopoverContent
        className="w-auto min-w-52"
        aria-label={words.details}
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          opener.current?.focus({ preventScroll: true });
        }}
        onInteractOutside={(event) => {
          if (opener.current?.contains(event.target as Node)) event.preventDefault(); // it closes it itself
        }}
      >
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
