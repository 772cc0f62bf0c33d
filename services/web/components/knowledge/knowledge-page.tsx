"use client";

import { FileUp, Upload } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { useEffect } from "react";
import { SidebarButton } from "@/components/shell/shell";
import { Button } from "@/components/ui/button";
import { ScrollArea } from "@/components/ui/scroll-area";
import { useToast } from "@/components/ui/toast";
import { cn } from "@/lib/classes";
import { useKnowledge, useLibrary, useUploads } from "@/lib/knowledge/provider";
import { writtenSize } from "@/lib/knowledge/sizes";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import { DocumentList } from "./document-list";
import { DropTarget } from "./drop-target";
import { FilePicker } from "./file-picker";
import { UploadRow } from "./upload-row";

/** `limitBytes`: of one document, as the edge takes it. */
export function KnowledgePage({ limitBytes }: { limitBytes: number }) {
  const words = useText().knowledge;
  const { library, uploads } = useKnowledge();
  const toast = useToast();
  const cited = useSearchParams().get("document") ?? "";
  useEffect(() => library.watch(), [library]);
  const add = (files: File[], folders: string[] = []) => {
    for (const folder of folders) uploads.refuse(folder, "folder");
    const left = uploads.add(files, limitBytes);
    if (left > 0) toast({ tone: "danger", title: words.tooMany(left) });
  };
  return (
    <>
      <header className="flex h-14 shrink-0 items-center px-2">
        <SidebarButton />
      </header>
      <ScrollArea className="flex-1">
        <div className="mx-auto flex w-full max-w-4xl flex-col px-4 pb-16 md:px-8">
          <FilePicker onFiles={add}>
            {(open) => (
              <>
                <div className="flex flex-wrap items-start justify-between gap-4 pt-2 pb-6">
                  <div>
                    <h1 className="font-semibold text-2xl tracking-tight">{words.title}</h1>
                    <p className="mt-1 text-muted">{words.intro}</p>
                  </div>
                  <Button onClick={open}>
                    <Upload aria-hidden />
                    {words.upload}
                  </Button>
                </div>
                <DropBox limitBytes={limitBytes} onChoose={open} />
              </>
            )}
          </FilePicker>
          <Uploads />
          <DocumentList cited={cited} />
        </div>
      </ScrollArea>
      <DropTarget onFiles={add} />
    </>
  );
}

function DropBox({ limitBytes, onChoose }: { limitBytes: number; onChoose: () => void }) {
  const words = useText().knowledge;
  const locale = LANG[useLanguage()];
  const { documents, phase } = useLibrary();
  const uploads = useUploads();
  const empty = phase === "ready" && documents.length + uploads.length === 0;
  return (
    <div
      className={cn(
        "mb-4 flex flex-col items-center gap-1 rounded-xl border border-line-strong border-dashed px-6 text-center text-sm",
        empty ? "py-16" : "py-6 pointer-coarse:border-0 pointer-coarse:p-0",
      )}
    >
      {empty ? (
        <>
          <FileUp aria-hidden className="mb-3 size-8 text-muted" />
          <h2 className="font-semibold text-base">{words.emptyTitle}</h2>
          <p className="mb-4 max-w-sm text-muted">{words.empty}</p>
        </>
      ) : null}
      <p className={empty ? undefined : "pointer-coarse:hidden"}>
        <span className="pointer-coarse:hidden">{words.dropHere} </span>
        <button
          type="button"
          onClick={onChoose}
          className="min-h-6 rounded-sm font-medium text-accent underline-offset-4 hover:underline pointer-coarse:min-h-11"
        >
          {words.choose}
        </button>
      </p>
      <p className="text-muted text-xs">{words.limits(writtenSize(limitBytes, locale))}</p>
    </div>
  );
}

function Uploads() {
  const words = useText().knowledge;
  const uploads = useUploads();
  return uploads.length > 0 ? (
    <section aria-label={words.uploads} className="border-line border-b">
      <ul className="divide-y divide-line">
        {uploads.map((upload) => (
          <UploadRow key={upload.key} upload={upload} />
        ))}
      </ul>
    </section>
  ) : null;
}
