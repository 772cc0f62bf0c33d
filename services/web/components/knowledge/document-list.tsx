"use client";

import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Skeleton } from "@/components/ui/skeleton";
import { Spinner } from "@/components/ui/spinner";
import { useToast } from "@/components/ui/toast";
import type { KnowledgeDocument } from "@/lib/api/documents";
import { wordsFor } from "@/lib/api/errors";
import { useKnowledge, useLibrary } from "@/lib/knowledge/provider";
import { reasonOf } from "@/lib/knowledge/reasons";
import { useText } from "@/lib/text";
import { DocumentRow } from "./document-row";
import { Column } from "./row";
import { useCited } from "./use-cited";

const AHEAD_PX = 800;

export function DocumentList({ cited }: { cited: string }) {
  const text = useText();
  const words = text.knowledge;
  const { documents, more, phase, error } = useLibrary();
  const { library } = useKnowledge();
  const toast = useToast();
  const [doomed, setDoomed] = useState<KnowledgeDocument | null>(null);
  const { elsewhere, gone } = useCited(cited);
  const shown = elsewhere ? [elsewhere, ...documents] : documents;
  const remove = async (document: KnowledgeDocument) => {
    try {
      await library.remove(document);
      toast({ title: words.deleted(document.title) });
    } catch (failure) {
      toast({ tone: "danger", title: `${words.deleteFailed} ${wordsFor(failure, text)}` });
    }
  };
  return (
    <section aria-label={words.list} aria-busy={phase !== "ready"}>
      {gone ? (
        <p role="status" className="mb-3 rounded-md border border-line bg-raised px-4 py-3 text-sm">
          {words.citedGone}
        </p>
      ) : null}
      {shown.length > 0 ? <Heads /> : null}
      <ul className="divide-y divide-line overflow-hidden">
        {shown.map((document) => (
          <DocumentRow
            key={document.id}
            document={document}
            cited={document.id === cited}
            onDelete={setDoomed}
          />
        ))}
      </ul>
      {phase === "ready" ? null : <Placeholder />}
      {error ? (
        <div role="alert" className="px-3 py-4 text-muted text-sm">
          {words.unread} {wordsFor(error, text)}
          <Button
            variant="secondary"
            size="sm"
            className="mt-2 block"
            onClick={() => void library.refresh().then(() => library.more())}
          >
            {text.common.actions.retry}
          </Button>
        </div>
      ) : null}
      {more && !error ? <More /> : null}
      <Settled />
      <Confirm
        open={doomed !== null}
        title={words.confirmTitle}
        description={words.confirm(doomed?.title ?? "")}
        action={text.common.actions.delete}
        onConfirm={() => doomed && void remove(doomed)}
        onClose={() => setDoomed(null)}
      />
    </section>
  );
}

function Heads() {
  const { columns } = useText().knowledge;
  return (
    <div
      aria-hidden
      className="hidden items-center gap-3 border-line border-b py-2 pr-1 pl-3 font-medium text-faint text-xs md:flex"
    >
      <span className="flex-1">{columns.name}</span>
      <Column className="w-36 text-xs">{columns.passages}</Column>
      <Column className="w-20 text-xs">{columns.size}</Column>
      <Column className="w-28 text-xs">{columns.date}</Column>
      <span className="w-9" />
    </div>
  );
}

/** Older ones are read before the reader gets to the end. */
function More() {
  const { library } = useKnowledge();
  const { documents } = useLibrary();
  const words = useText().knowledge;
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a list that grew is looked at again
  useEffect(() => {
    if (!end.current) return;
    const watcher = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && void library.more(),
      { rootMargin: `${AHEAD_PX}px` },
    );
    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [library, documents.length]);
  return (
    <div ref={end} className="flex justify-center py-5 text-faint">
      <Spinner label={words.loadingMore} />
    </div>
  );
}

/** For those who cannot see it. */
function Settled() {
  const words = useText().knowledge;
  const { settled } = useLibrary();
  const said = () => {
    if (!settled) return "";
    if (settled.status === "ready") return words.isReady(settled.title);
    return words.hasFailed(settled.title, words.reasons[reasonOf(settled.error)]);
  };
  return (
    <p role="status" className="sr-only">
      {said()}
    </p>
  );
}

function Placeholder() {
  const { common } = useText();
  return (
    <div role="status" className="flex flex-col gap-5 px-3 py-4">
      <span className="sr-only">{common.loading}</span>
      {["w-1/2", "w-2/5", "w-3/5"].map((width) => (
        <div key={width} className="flex items-center gap-3">
          <Skeleton className="size-9" />
          <Skeleton className={`h-4 ${width}`} />
        </div>
      ))}
    </div>
  );
}
