"use client";

import type { FileUIPart } from "ai";
import { FileText } from "lucide-react";
import { useText } from "@/lib/text";
import { safePicture } from "../markdown/url";

/** The files of a question that was sent. */
export function FileList({ files }: { files: FileUIPart[] }) {
  const words = useText().chat.files;
  if (files.length === 0) return null;
  return (
    <ul aria-label={words.attached} className="flex max-w-full flex-wrap justify-end gap-2">
      {files.map((file, place) => {
        const picture = safePicture(file.url);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a sent message's files keep their places
          <li key={place} className="min-w-0">
            {picture ? (
              // biome-ignore lint/performance/noImgElement: it is a data URL
              <img
                src={picture}
                alt={file.filename ?? ""}
                className="max-h-64 max-w-full rounded-xl border border-line object-contain"
              />
            ) : (
              <span className="flex max-w-64 items-center gap-2 rounded-lg border border-line bg-raised px-3 py-2 text-sm">
                <FileText aria-hidden className="size-4 shrink-0 text-muted" />
                <span className="truncate">{file.filename}</span>
                {file.url ? null : <span className="text-faint text-xs">{words.gone}</span>}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
