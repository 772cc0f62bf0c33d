"use client";

import { FileText, X } from "lucide-react";
import { Spinner } from "@/components/ui/spinner";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/classes";
import { useText } from "@/lib/text";
import type { Attachment } from "./attachments";
import type { Attachments } from "./use-attachments";

export function AttachmentPreviews({ files, reading, remove }: Attachments) {
  const words = useText().chat.files;
  if (files.length === 0 && !reading) return null;
  return (
    <ul aria-label={words.attached} className="flex flex-wrap items-center gap-2.5 px-3 pt-3">
      {files.map((file) => (
        <li key={file.id} className="group/file relative">
          <Preview file={file} />
          <RemoveButton label={words.remove(file.name)} onClick={() => remove(file.id)} />
        </li>
      ))}
      {reading ? (
        <li className="flex size-14 items-center justify-center rounded-xl border border-line bg-surface text-muted">
          <Spinner label={words.reading} />
        </li>
      ) : null}
    </ul>
  );
}

function Preview({ file: { name, kind, url } }: { file: Attachment }) {
  if (kind === "picture") {
    return (
      <Tooltip label={name} side="top">
        {/* biome-ignore lint/performance/noImgElement: it is a data URL */}
        <img
          src={url}
          alt={name}
          className="size-14 rounded-xl border border-line bg-surface object-cover"
        />
      </Tooltip>
    );
  }
  const dot = name.lastIndexOf(".");
  return (
    <div className="flex h-14 max-w-60 items-center gap-2.5 rounded-xl border border-line bg-surface pr-4 pl-2.5">
      <span className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-accent">
        <FileText aria-hidden className="size-[18px]" />
      </span>
      <span className="min-w-0">
        <span className="block truncate font-medium text-[13px]">{name}</span>
        <span className="block text-faint text-xs uppercase">
          {dot > 0 ? name.slice(dot + 1) : "txt"}
        </span>
      </span>
    </div>
  );
}

function RemoveButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className={cn(
        "-top-2 -right-2 absolute flex size-6 items-center justify-center rounded-full border border-line bg-raised text-muted shadow-[0_1px_2px_rgb(0_0_0/0.12)] transition-colors hover:bg-hover hover:text-text",
        "pointer-coarse:-top-3 pointer-coarse:-right-3 pointer-coarse:size-8",
      )}
    >
      <X aria-hidden className="size-3.5" />
    </button>
  );
}
