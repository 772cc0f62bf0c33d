"use client";

import { barMark, seriesMark } from "./chart-marks";
import type { ChartInput } from "./schemas";
import { DataTable } from "./table";

export function ChartData({ chart, title }: { chart: ChartInput; title: string }) {
  const columns = ["", ...chart.series.map((one) => unitOf(one.name, chart.unit))];
  const rows = chart.labels.map((label, place) => [
    label,
    ...chart.series.map((one) => one.values[place] ?? null),
  ]);
  return <DataTable title={title} columns={columns} rows={rows} />;
}

export function ChartLegend({ chart }: { chart: ChartInput }) {
  return (
    <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 px-2 text-[13px] text-muted">
      {chart.series.map((one, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a series is known by its place; names may repeat
        <li key={place} className="flex items-center gap-1.5">
          <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden>
            {chart.kind === "bar" ? barMark(place) : seriesMark(place, 0, 0, 5)}
          </svg>
          {one.name}
        </li>
      ))}
    </ul>
  );
}

function unitOf(name: string, unit: string | undefined): string {
  return unit ? `${name} (${unit})` : name;
}
