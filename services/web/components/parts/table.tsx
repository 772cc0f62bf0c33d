"use client";

import { ArrowDown, ArrowUp, ChevronsUpDown, Download } from "lucide-react";
import { useMemo, useState } from "react";
import { cn } from "@/lib/classes";
import { useLanguage, useText } from "@/lib/text";
import { toCsv } from "./csv";
import { download } from "./download";
import { PartButton, PartCard } from "./part-card";
import type { Cell, TableInput } from "./schemas";
import { type Order, sorted, turned } from "./sorting";

export { tableSchema as schema } from "./schemas";

/** Rows that can be sorted by any column and taken along as CSV. */
export default function Table({ title, columns, rows }: TableInput) {
  const text = useText().parts.table;
  const name = title ?? text.title;
  const save = () => download(`${name}.csv`, toCsv(columns, rows), "text/csv");
  return (
    <PartCard
      title={name}
      actions={
        <PartButton onClick={save}>
          <Download size={15} aria-hidden /> {text.csv}
        </PartButton>
      }
    >
      <DataTable title={name} columns={columns} rows={rows} />
    </PartCard>
  );
}

export interface DataTableProps {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
}

export function DataTable({ title, columns, rows }: DataTableProps) {
  const text = useText().parts.table;
  const language = useLanguage();
  const [order, setOrder] = useState<Order | null>(null);
  const words = useCellWords();
  const shown = useMemo(() => sorted(rows, order, language), [rows, order, language]);
  const numeric = useMemo(() => columns.map((_, place) => isNumeric(rows, place)), [columns, rows]);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <section aria-label={title} tabIndex={0} className="max-h-[26rem] overflow-auto">
        <table className="w-full border-separate border-spacing-0 text-sm">
          <thead>
            <tr>
              {columns.map((column, place) => (
                <Heading
                  // biome-ignore lint/suspicious/noArrayIndexKey: a column is known by its place; names may repeat
                  key={place}
                  column={column}
                  direction={order?.column === place ? order.direction : "none"}
                  numeric={numeric[place] ?? false}
                  onSort={() => setOrder(turned(order, place))}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name, and hold no state
              <tr key={at} className="hover:bg-hover">
                {columns.map((_, place) => (
                  <td
                    // biome-ignore lint/suspicious/noArrayIndexKey: likewise
                    key={place}
                    className={cn(
                      "max-w-96 border-line border-b px-4 py-2 align-top [tr:last-child>&]:border-b-0",
                      numeric[place] && "text-right tabular-nums",
                    )}
                  >
                    {words(row[place])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="border-line border-t px-4 py-1.5 text-[13px] text-muted">
        {text.rows(rows.length)}
      </p>
    </>
  );
}

interface HeadingProps {
  column: string;
  direction: Order["direction"] | "none";
  numeric: boolean;
  onSort: () => void;
}

function Heading({ column, direction, numeric, onSort }: HeadingProps) {
  const Icon = { ascending: ArrowUp, descending: ArrowDown, none: ChevronsUpDown }[direction];
  const text = useText().parts.table;
  return (
    <th
      scope="col"
      aria-sort={direction}
      className="sticky top-0 border-line border-b bg-surface p-0 font-medium text-muted"
    >
      <button
        type="button"
        onClick={onSort}
        className={cn(
          "flex min-h-9 w-full items-center gap-1 whitespace-nowrap px-4 py-1.5 text-left -outline-offset-2 hover:text-text",
          numeric && "flex-row-reverse text-right",
          direction !== "none" && "text-text",
        )}
      >
        {column || <span className="sr-only">{text.unnamed}</span>}
        <Icon
          size={14}
          aria-hidden
          className={direction === "none" ? "text-faint" : "text-accent"}
        />
      </button>
    </th>
  );
}

function isNumeric(rows: readonly (readonly Cell[])[], place: number): boolean {
  const filled = rows.map((row) => row[place] ?? "").filter((value) => value !== "");
  return filled.length > 0 && filled.every((value) => typeof value === "number");
}

/** Years stay as they are, larger numbers are grouped. */
function useCellWords(): (value: Cell | undefined) => string {
  const { yes, no } = useText().parts.table;
  const language = useLanguage();
  return useMemo(() => {
    const numbers = new Intl.NumberFormat(language, {
      useGrouping: "min2",
      maximumFractionDigits: 10,
    });
    return (value) => {
      if (typeof value === "number") return numbers.format(value);
      if (typeof value === "boolean") return value ? yes : no;
      return value ?? "";
    };
  }, [language, yes, no]);
}
