export function rowId(document: string): string {
  return `document-${document}`;
}

/** Brings it into view, with the focus. */
export function showRow(id: string): void {
  const row = document.getElementById(rowId(id));
  row?.scrollIntoView({ block: "center" });
  row?.focus({ preventScroll: true });
}
