"use client";

import { Info } from "lucide-react";
import { useRef, useState } from "react";
import { IconButton } from "@/components/ui/icon-button";
import { useText } from "@/lib/text";
import { useLoaded } from "@/lib/use-loaded";
import type { MessageMetadata } from "../model/message";

const loadPopover = () => import("./details-popover");

/** When, by which model, and for how many tokens. */
export function MessageDetails({ metadata }: { metadata: MessageMetadata | undefined }) {
  const { message: words } = useText().chat;
  const opener = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const [popover, load] = useLoaded(loadPopover);
  if (!metadata || (!metadata.createdAt && !metadata.model)) return null;
  const toggle = async () => {
    if (await load()) setOpen((before) => !before);
  };
  return (
    <>
      <IconButton
        ref={opener}
        size="sm"
        label={words.details}
        tooltip={false}
        aria-haspopup="dialog"
        aria-expanded={open}
        data-state={open ? "open" : "closed"}
        onPointerEnter={load}
        onFocus={load}
        onClick={toggle}
      >
        <Info aria-hidden />
      </IconButton>
      {popover ? (
        <popover.DetailsPopover
          metadata={metadata}
          opener={opener}
          open={open}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
