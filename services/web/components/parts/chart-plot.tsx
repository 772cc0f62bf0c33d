import { bar, type Geometry, linePath } from "./chart-geometry";
import { seriesColour, seriesMark } from "./chart-marks";
import type { ChartInput } from "./schemas";

const MARKED_POINTS = 40;

interface Drawn {
  chart: ChartInput;
  from: Geometry;
  at: number | null;
}

/** Axes, and the lines or bars. */
export function ChartPlot({ chart, from, at }: Drawn) {
  return (
    <svg width={from.width} height={from.height} aria-hidden className="block">
      <Axes from={from} unit={chart.unit} />
      {at !== null && chart.kind === "line" && <Pointer from={from} at={at} />}
      {chart.series.map((one, series) =>
        chart.kind === "bar" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a series is known by its place; names may repeat
          <Bars key={series} values={one.values} series={series} drawn={{ chart, from, at }} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a series is known by its place; names may repeat
          <Line key={series} values={one.values} series={series} drawn={{ chart, from, at }} />
        ),
      )}
    </svg>
  );
}

interface Series {
  values: readonly (number | null)[];
  series: number;
  drawn: Drawn;
}

function Bars({ values, series, drawn: { chart, from, at } }: Series) {
  return values.slice(0, chart.labels.length).map((value, place) => {
    if (value === null) return null;
    const faded = at !== null && at !== place;
    return (
      <rect
        // biome-ignore lint/suspicious/noArrayIndexKey: a bar is known by its place
        key={place}
        {...bar(value, place, series, chart.series.length, from)}
        rx={2}
        fill={seriesColour(series)}
        opacity={faded ? 0.45 : 1}
      />
    );
  });
}

function Line({ values, series, drawn: { chart, from, at } }: Series) {
  const marked = chart.labels.length <= MARKED_POINTS;
  return (
    <g>
      <path
        d={linePath(values, from)}
        fill="none"
        stroke={seriesColour(series)}
        strokeWidth={2}
        strokeLinejoin="round"
        strokeLinecap="round"
      />
      {values.slice(0, chart.labels.length).map((value, place) => {
        const alone = (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null;
        if (value === null || !(marked || alone || place === at)) return null;
        return seriesMark(
          series,
          from.places[place] ?? 0,
          from.y(value),
          place === at ? 5 : 3,
          place,
        );
      })}
    </g>
  );
}

function Pointer({ from: { places, plot }, at }: { from: Geometry; at: number }) {
  const x = places[at];
  return <line x1={x} x2={x} y1={plot.top} y2={plot.bottom} stroke="var(--color-line-strong)" />;
}

function Axes({ from: { plot, xTicks, yTicks }, unit }: { from: Geometry; unit?: string }) {
  return (
    <g fontSize={12} fill="var(--color-muted)">
      {unit && (
        <text x={plot.left - 6} y={plot.top - 12} textAnchor="end">
          {unit}
        </text>
      )}
      {yTicks.map((tick) => (
        <g key={tick.at}>
          <line
            x1={plot.left}
            x2={plot.right}
            y1={tick.at}
            y2={tick.at}
            stroke="var(--color-line)"
          />
          <text x={plot.left - 6} y={tick.at} dy="0.32em" textAnchor="end">
            {tick.text}
          </text>
        </g>
      ))}
      {xTicks.map((tick) => (
        <text key={tick.at} x={tick.at} y={plot.bottom + 18} textAnchor="middle">
          {tick.text}
        </text>
      ))}
    </g>
  );
}
