"use client";

import { Check, Trash2 } from "lucide-react";
import { memo } from "react";
import { Badge } from "@/components/ui/badge";
import { IconButton } from "@/components/ui/icon-button";
import { ProgressBar } from "@/components/ui/progress-bar";
import type { KnowledgeDocument } from "@/lib/api/documents";
import { reasonOf } from "@/lib/knowledge/reasons";
import { writtenSize } from "@/lib/knowledge/sizes";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import { Row } from "./row";
import { rowId } from "./show-row";

interface DocumentRowProps {
  document: KnowledgeDocument;
  /** An answer led here. */
  cited: boolean;
  onDelete: (document: KnowledgeDocument) => void;
}

export const DocumentRow = memo(function DocumentRow(props: DocumentRowProps) {
  const { document, cited, onDelete } = props;
  const words = useText().knowledge;
  const locale = LANG[useLanguage()];
  const { title, size, status, passages, created_at } = document;
  const added = new Date(created_at * 1000);
  const number = new Intl.NumberFormat(locale);
  return (
    <Row
      id={rowId(document.id)}
      title={title}
      failed={status === "failed"}
      className={cited ? "bg-accent-soft hover:bg-accent-soft" : undefined}
      detail={
        <>
          {cited ? (
            <Badge tone="accent" className="mt-1 -ml-2">
              {words.cited}
            </Badge>
          ) : null}
          <Detail document={document} />
        </>
      }
      columns={{
        passages:
          status === "ready" ? (
            <span className="inline-flex items-center gap-1.5">
              <Check
                role="img"
                aria-label={words.status.ready}
                className="size-3.5 shrink-0 text-success"
              />
              {words.passages(passages, number.format(passages))}
            </span>
          ) : null,
        size: writtenSize(size, locale),
        date: (
          <time dateTime={added.toISOString()} title={added.toLocaleString(locale)}>
            {new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(added)}
          </time>
        ),
      }}
      action={
        <IconButton label={words.delete(title)} onClick={() => onDelete(document)}>
          <Trash2 aria-hidden />
        </IconButton>
      }
    />
  );
});

function Detail({ document }: { document: KnowledgeDocument }) {
  const words = useText().knowledge;
  const number = new Intl.NumberFormat(LANG[useLanguage()]);
  const { title, status, done, passages, error } = document;
  if (status === "ready") return null;
  if (status === "failed") {
    return <p className="mt-1 text-danger text-xs leading-4">{words.reasons[reasonOf(error)]}</p>;
  }
  const counted = status === "processing" && passages > 0;
  return (
    <div className="mt-1 flex items-center gap-3 text-muted text-xs leading-4 tabular-nums">
      <ProgressBar
        label={words.progressOf(title)}
        share={counted ? done / passages : undefined}
        className="max-w-60 flex-1"
      />
      {counted
        ? words.status.progress(number.format(done), number.format(passages))
        : words.status[status]}
    </div>
  );
}
