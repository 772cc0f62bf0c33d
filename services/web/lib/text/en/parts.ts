export const parts = {
  notShown: "This could not be shown as it was meant. Here it is as it came:",
  interrupted: "The answer was stopped before this was complete.",
  raw: "Content as JSON",
  table: {
    title: "Table",
    csv: "CSV",
    unnamed: "Row",
    yes: "Yes",
    no: "No",
    rows: (count: number) => (count === 1 ? "1 row" : `${count} rows`),
  },
  chart: {
    title: "Chart",
    data: "Data",
    values: "Values, with the arrow keys",
    summary: (kind: "line" | "bar", title: string, places: number) =>
      `${kind === "line" ? "Line chart" : "Bar chart"}: ${title}, at ${places} ${places === 1 ? "place" : "places"}.`,
    range: (name: string, low: string, high: string) => `${name}: from ${low} to ${high}.`,
    empty: (name: string) => `${name}: no values.`,
  },
  document: {
    copy: "Copy",
    copied: "Copied",
    save: "Markdown",
    more: "Show all",
    less: "Show less",
  },
  progress: { waiting: "waiting", running: "under way", done: "done", failed: "failed" },
};
