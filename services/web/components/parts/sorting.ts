// The order of a table's rows.
import type { Cell } from "./schemas";

export interface Order {
  column: number;
  direction: "ascending" | "descending";
}

/** The next of: ascending, descending, as it was. */
export function turned(order: Order | null, column: number): Order | null {
  if (order?.column !== column) return { column, direction: "ascending" };
  return order.direction === "ascending" ? { column, direction: "descending" } : null;
}

/** Stable; empty cells come last in both directions. */
export function sorted<Row extends readonly Cell[]>(
  rows: readonly Row[],
  order: Order | null,
  language: string,
): readonly Row[] {
  if (!order) return rows;
  const texts = new Intl.Collator(language, { numeric: true });
  const sign = order.direction === "ascending" ? 1 : -1;
  return rows.toSorted((one, other) => {
    const [left, right] = [one[order.column] ?? "", other[order.column] ?? ""];
    if (left === "" || right === "") return Number(left === "") - Number(right === "");
    return sign * compared(left, right, texts);
  });
}

function compared(left: Cell, right: Cell, texts: Intl.Collator): number {
  const [one, other] = [Number(left), Number(right)];
  if (Number.isFinite(one) && Number.isFinite(other)) return one - other;
  return texts.compare(String(left), String(right));
}
