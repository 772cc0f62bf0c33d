"use client";

import { FileText } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { cn } from "@/lib/classes";

interface RowProps {
  title: string;
  /** Under the title: how far it is, or why it failed. */
  detail?: ReactNode;
  columns: { passages?: ReactNode; size: ReactNode; date?: ReactNode };
  action: ReactNode;
  failed?: boolean;
  id?: string;
  className?: string;
}

/** One document, whether it is there or on its way. On a phone the columns become a line under the title. */
export function Row({ title, detail, columns, action, failed, id, className }: RowProps) {
  return (
    <li
      id={id}
      tabIndex={id ? -1 : undefined}
      className={cn(
        "flex items-start gap-3 py-2.5 pr-1 pl-3 outline-none [contain-intrinsic-size:auto_56px] [content-visibility:auto] hover:bg-hover",
        className,
      )}
    >
      <span
        className={cn(
          "mt-px flex size-9 shrink-0 items-center justify-center rounded-md bg-bubble text-muted",
          failed && "bg-danger-soft text-danger",
        )}
      >
        <FileText aria-hidden className="size-[18px]" />
      </span>
      <div className="min-w-0 flex-1 self-center py-px">
        <p className="truncate font-medium text-sm leading-[18px]" title={title}>
          {title}
        </p>
        <p className="mt-0.5 flex flex-wrap gap-x-1.5 text-muted text-xs leading-4 tabular-nums md:hidden">
          {[columns.size, columns.passages, columns.date].filter(Boolean).map((column, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns have no names of their own
            <Fragment key={place}>
              {place > 0 ? <span aria-hidden>·</span> : null}
              {column}
            </Fragment>
          ))}
        </p>
        {detail}
      </div>
      <Column className="w-36">{columns.passages}</Column>
      <Column className="w-20">{columns.size}</Column>
      <Column className="w-28">{columns.date}</Column>
      <div className="flex shrink-0 items-center self-center">{action}</div>
    </li>
  );
}

export function Column({ className, children }: { className: string; children: ReactNode }) {
  return (
    <span
      className={cn(
        "hidden shrink-0 self-center whitespace-nowrap text-right text-muted text-sm tabular-nums md:block",
        className,
      )}
    >
      {children}
    </span>
  );
}
