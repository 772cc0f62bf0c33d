"use client";

import { Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useText } from "@/lib/text";

interface DropTargetProps {
  onFiles: (files: File[], folders: string[]) => void;
}

/** The whole page takes files; it says so while some are held over it. */
export function DropTarget({ onFiles }: DropTargetProps) {
  const { dropToAdd } = useText().knowledge;
  const [over, setOver] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  useEffect(() => {
    let depth = 0; // each element that is entered tells, and each that is left
    const listen = {
      dragenter: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth += 1;
        setOver(true);
      },
      dragover: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
      },
      dragleave: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        depth -= 1;
        if (depth <= 0) setOver(false);
      },
      drop: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth = 0;
        setOver(false);
        const { files, folders } = dropped(event.dataTransfer);
        take.current(files, folders);
      },
    };
    const stop = new AbortController();
    const { signal } = stop;
    for (const [name, heard] of Object.entries(listen)) {
      window.addEventListener(name, heard as EventListener, { signal });
    }
    return () => stop.abort();
  }, []);
  return over ? (
    <div
      aria-hidden
      className="pointer-events-none fixed inset-0 z-40 flex animate-fade items-center justify-center bg-background/95 p-6 md:p-10"
    >
      <div className="flex h-full w-full flex-col items-center justify-center gap-4 rounded-2xl border-2 border-accent border-dashed">
        <Upload className="size-8 text-accent" />
        <p className="font-medium text-lg">{dropToAdd}</p>
      </div>
    </div>
  ) : null;
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** A folder comes as a file that cannot be read. */
function dropped(transfer: DataTransfer | null): { files: File[]; folders: string[] } {
  const files: File[] = [];
  const folders: string[] = [];
  for (const item of transfer?.items ?? []) {
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory) {
      folders.push(entry.name);
      continue;
    }
    const file = item.getAsFile();
    if (file) files.push(file);
  }
  return { files, folders };
}
