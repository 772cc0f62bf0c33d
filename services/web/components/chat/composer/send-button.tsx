"use client";

import { ArrowUp, Square } from "lucide-react";
import { IconButton } from "@/components/ui/icon-button";
import { Spinner } from "@/components/ui/spinner";
import { useKeys } from "@/lib/shortcuts/provider";
import { useText } from "@/lib/text";

interface SendButtonProps {
  busy: boolean;
  stopping: boolean;
  /** What is needed to send it is being loaded. */
  sending: boolean;
  ready: boolean;
  onStop: () => void;
}

/** While an answer is written it stops it. */
export function SendButton({ busy, stopping, sending, ready, onStop }: SendButtonProps) {
  const { composer: words } = useText().chat;
  const stopKeys = useKeys("stop");
  const sendKeys = useKeys("send");
  if (busy) {
    return (
      <IconButton
        key="stop"
        label={stopping ? words.stopping : words.stop}
        keys={stopKeys}
        variant="primary"
        disabled={stopping}
        onClick={onStop}
        className="rounded-full"
      >
        <Square aria-hidden fill="currentColor" className="size-3.5!" />
      </IconButton>
    );
  }
  return (
    <IconButton
      key="send"
      type="submit"
      label={words.send}
      keys={sendKeys}
      variant="primary"
      disabled={!ready}
      className="rounded-full"
    >
      {sending ? <Spinner /> : <ArrowUp aria-hidden />}
    </IconButton>
  );
}
