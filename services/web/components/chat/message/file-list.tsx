"use client";

import type { FileUIPart } from "ai";
import { FileText } from "lucide-react";
import { useText } from "@/lib/text";
import { safePicture } from "../markdown/url";
import { Picture } from "./picture";

/** The files of a question that was sent. */
export function FileList({ files }: { files: FileUIPart[] }) {
  const words = useText().chat.files;
  if (files.length === 0) return null;
  const pictures = files.filter(({ url }) => safePicture(url));
  const many = pictures.length > 1;
  const others = files.filter((file) => !pictures.includes(file));
  return (
    <ul
      aria-label={words.attached}
      className="flex max-w-full flex-wrap items-end justify-end gap-2"
    >
      {[...pictures, ...others].map((file, place) => {
        const picture = safePicture(file.url);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a sent message's files keep their places
          <li key={place} className="min-w-0">
            {picture ? (
              <Picture url={picture} name={file.filename ?? ""} small={many} />
            ) : (
              <span className="flex max-w-64 items-center gap-2 rounded-xl border border-line bg-raised px-3 py-2 text-sm">
                <FileText aria-hidden className="size-4 shrink-0 text-muted" />
                <span className="truncate">{file.filename}</span>
                {file.url ? null : (
                  <span className="shrink-0 text-faint text-xs">{words.gone}</span>
                )}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
