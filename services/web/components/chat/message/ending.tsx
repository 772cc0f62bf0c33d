"use client";

import { CircleStop, Scissors, Unplug } from "lucide-react";
import type { ComponentType } from "react";
import { useText } from "@/lib/text";
import type { ChatMessage } from "../model/message";

interface EndingProps {
  message: ChatMessage;
  live: boolean;
}

/** Says of an answer that is not whole why that is. */
export function Ending({ message, live }: EndingProps) {
  const { message: words } = useText().chat;
  if (live) return null;
  switch (message.metadata?.finishReason) {
    case "cancelled":
      return <Line icon={CircleStop}>{words.stopped}</Line>;
    case "lost":
      return <Line icon={Unplug}>{words.lost}</Line>;
    case "length":
      return <Line icon={Scissors}>{words.cut}</Line>;
    default:
      return null;
  }
}

function Line({
  icon: Icon,
  children,
}: {
  icon: ComponentType<{ className?: string }>;
  children: string;
}) {
  return (
    <p className="my-2 flex items-center gap-1.5 text-muted text-sm">
      <Icon className="size-4" />
      {children}
    </p>
  );
}
