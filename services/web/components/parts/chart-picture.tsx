"use client";

import { type KeyboardEvent, type PointerEvent, useMemo, useState } from "react";
import { useLanguage, useText } from "@/lib/text";
import { type Geometry, geometry, nearest } from "./chart-geometry";
import { ChartPlot } from "./chart-plot";
import { shortNumber, written } from "./chart-words";
import type { ChartInput } from "./schemas";
import { useWidth } from "./width";

const HEIGHT = 264;

/** The picture. Pointing at it, or the arrow keys, tell the numbers at one place. */
export function ChartPicture({ chart, description }: { chart: ChartInput; description: string }) {
  const language = useLanguage();
  const text = useText().parts.chart;
  const [frame, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const from = useMemo(
    () => (width ? geometry(chart, { width, height: HEIGHT }, shortNumber(language)) : null),
    [chart, width, language],
  );
  const last = chart.labels.length - 1;
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    if (from) setAt(nearest(x, from));
  };
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const place = moved(event.key, at, last);
    if (place === undefined) return;
    event.preventDefault();
    setAt(place);
  };
  return (
    <div ref={frame} className="relative h-[264px]">
      <div role="img" aria-label={description} className="absolute inset-0">
        {from && <ChartPlot chart={chart} from={from} at={at} />}
      </div>
      <div
        role="slider"
        tabIndex={0}
        aria-label={text.values}
        aria-valuemin={1}
        aria-valuemax={last + 1}
        aria-valuenow={(at ?? 0) + 1}
        aria-valuetext={valuesAt(chart, at ?? 0, language)}
        className="absolute inset-0 cursor-crosshair rounded-md"
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setAt(null)}
        onFocus={(event) =>
          event.currentTarget.matches(":focus-visible") && setAt((now) => now ?? 0)
        }
        onBlur={() => setAt(null)}
        onKeyDown={press}
      />
      {from && at !== null && <Told chart={chart} at={at} from={from} />}
    </div>
  );
}

function Told({ chart, at, from }: { chart: ChartInput; at: number; from: Geometry }) {
  const language = useLanguage();
  const place = from.places[at] ?? 0;
  const side = place > from.width / 2 ? { right: from.width - place + 10 } : { left: place + 10 };
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-3 max-w-56 rounded-md border border-line bg-raised px-2.5 py-1.5 text-[13px] shadow-float"
      style={side}
    >
      <p className="font-medium">{chart.labels[at]}</p>
      {chart.series.map((one, series) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a series is known by its place; names may repeat
        <p key={series} className="flex justify-between gap-3 text-muted">
          <span className="truncate">{one.name}</span>
          <span className="text-text tabular-nums">{valueAt(chart, series, at, language)}</span>
        </p>
      ))}
    </div>
  );
}

function valueAt(chart: ChartInput, series: number, at: number, language: string): string {
  const value = chart.series[series]?.values[at];
  return value === null || value === undefined ? "–" : written(value, chart.unit, language);
}

function valuesAt(chart: ChartInput, at: number, language: string): string {
  const values = chart.series.map(
    (one, series) => `${one.name} ${valueAt(chart, series, at, language)}`,
  );
  return `${chart.labels[at]}: ${values.join(", ")}`;
}

function moved(key: string, at: number | null, last: number): number | null | undefined {
  const from = at ?? -1;
  if (key === "ArrowRight" || key === "ArrowUp") return Math.min(from + 1, last);
  if (key === "ArrowLeft" || key === "ArrowDown") return Math.max(from - 1, 0);
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key === "Escape" && at !== null) return null;
  return undefined;
}
