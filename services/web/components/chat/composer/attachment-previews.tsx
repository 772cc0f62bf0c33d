"use client";

import { FileText, X } from "lucide-react";
import { IconButton } from "@/components/ui/icon-button";
import { Spinner } from "@/components/ui/spinner";
import { useText } from "@/lib/text";
import type { Attachments } from "./use-attachments";

export function AttachmentPreviews({ files, reading, remove }: Attachments) {
  const words = useText().chat.files;
  if (files.length === 0 && !reading) return null;
  return (
    <ul aria-label={words.attached} className="flex flex-wrap items-center gap-2 px-3 pt-3">
      {files.map(({ id, name, kind, url }) => (
        <li
          key={id}
          className="flex max-w-60 items-center gap-2 rounded-lg border border-line bg-surface py-1 pr-1 pl-1.5 text-[13px]"
        >
          {kind === "picture" ? (
            // biome-ignore lint/performance/noImgElement: it is a data URL
            <img src={url} alt="" className="size-9 shrink-0 rounded-md object-cover" />
          ) : (
            <FileText aria-hidden className="mx-1 size-4 shrink-0 text-muted" />
          )}
          <span className="truncate">{name}</span>
          <IconButton
            size="sm"
            label={words.remove(name)}
            tooltip={false}
            onClick={() => remove(id)}
          >
            <X aria-hidden />
          </IconButton>
        </li>
      ))}
      {reading ? (
        <li className="px-2 text-muted">
          <Spinner label={words.reading} />
        </li>
      ) : null}
    </ul>
  );
}
