"use client";

import { ArrowDown } from "lucide-react";
import { IconButton } from "@/components/ui/icon-button";
import { useText } from "@/lib/text";

export function JumpButton({ shown, onJump }: { shown: boolean; onJump: () => void }) {
  const { jump } = useText().chat;
  if (!shown) return null;
  return (
    <div className="-translate-x-1/2 absolute bottom-3 left-1/2">
      <IconButton
        label={jump}
        variant="outline"
        onClick={onJump}
        className="animate-fade rounded-full shadow-float"
      >
        <ArrowDown aria-hidden />
      </IconButton>
    </div>
  );
}
