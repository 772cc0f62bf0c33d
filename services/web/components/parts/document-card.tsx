"use client";

import { Check, Copy, Download } from "lucide-react";
import { lazy, Suspense, useId, useState } from "react";
import { cn } from "@/lib/classes";
import { copyText } from "@/lib/copy";
import { useText } from "@/lib/text";
import { download } from "./download";
import { PartButton, PartCard } from "./part-card";
import type { DocumentInput } from "./schemas";

export { documentSchema as schema } from "./schemas";

const Markdown = lazy(() => import("@/components/chat/markdown/markdown"));
const LONG_CHARACTERS = 700;
const COPIED_MS = 2_000;

/** Something that the model wrote to be kept: to read, copy and download. */
export default function DocumentCard({ title, kind, text: content }: DocumentInput) {
  const text = useText().parts.document;
  const body = useId();
  const isLong = content.length > LONG_CHARACTERS;
  const [open, setOpen] = useState(!isLong);
  return (
    <PartCard
      title={kind ? `${title} · ${kind}` : title}
      actions={
        <>
          <CopyButton content={content} />
          <PartButton onClick={() => download(`${title}.md`, content, "text/markdown")}>
            <Download size={15} aria-hidden /> {text.save}
          </PartButton>
        </>
      }
    >
      <div
        id={body}
        className={cn("overflow-hidden px-4 py-3", !open && "mask-b-from-60% max-h-56")}
      >
        <Suspense fallback={<p className="whitespace-pre-wrap">{content}</p>}>
          <Markdown text={content} growing={false} />
        </Suspense>
      </div>
      {isLong && (
        <PartButton
          aria-expanded={open}
          aria-controls={body}
          onClick={() => setOpen(!open)}
          className="w-full justify-center rounded-none border-line border-t"
        >
          {open ? text.less : text.more}
        </PartButton>
      )}
    </PartCard>
  );
}

function CopyButton({ content }: { content: string }) {
  const text = useText().parts.document;
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    setCopied(await copyText(content));
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  const Icon = copied ? Check : Copy;
  return (
    <PartButton onClick={copy}>
      <Icon size={15} aria-hidden />{" "}
      <span aria-live="polite">{copied ? text.copied : text.copy}</span>
    </PartButton>
  );
}
