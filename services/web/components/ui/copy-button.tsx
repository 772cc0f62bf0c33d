"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { copyText } from "@/lib/copy";
import { useText } from "@/lib/text";
import { IconButton } from "./icon-button";

const SHOWN_MS = 1_600;

interface CopyButtonProps {
  /** What is copied, or the way to it. */
  text: string | (() => string);
  label?: string;
  className?: string;
}

export function CopyButton({ text, label, className }: CopyButtonProps) {
  const { actions } = useText().common;
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => setCopied(await copyText(typeof text === "string" ? text : text()));
  return (
    <IconButton
      size="sm"
      label={copied ? actions.copied : (label ?? actions.copy)}
      onClick={copy}
      className={className}
    >
      {copied ? <Check aria-hidden className="text-success" /> : <Copy aria-hidden />}
    </IconButton>
  );
}
