// A chart's numbers in words: for its axis, for whoever points at it, for whoever cannot see it.
import type { Text } from "@/lib/text";
import type { ChartInput } from "./schemas";

const BEFORE = new Set(["$", "€", "£", "¥", "US$", "CN¥", "RMB"]);
const CLOSE = new Set(["%", "‰", "°", "°C", "°F"]);

export function written(value: number, unit: string | undefined, language: string): string {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 4 }).format(value);
  if (!unit) return number;
  if (BEFORE.has(unit)) return `${unit}${number}`;
  return CLOSE.has(unit) ? `${number}${unit}` : `${number} ${unit}`;
}

export function shortNumber(language: string): (value: number) => string {
  const format = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 2 });
  return (value) => format.format(value);
}

/** What the picture shows, for a screen reader: its kind, its size, and each series' ends. */
export function describeChart(
  chart: ChartInput,
  title: string,
  text: Text["parts"]["chart"],
  language: string,
): string {
  const series = chart.series.map((one) => {
    const values = one.values.filter((value) => value !== null);
    if (values.length === 0) return text.empty(one.name);
    const [low, high] = [Math.min(...values), Math.max(...values)].map((value) =>
      written(value, chart.unit, language),
    );
    return text.range(one.name, low ?? "", high ?? "");
  });
  return [text.summary(chart.kind, title, chart.labels.length), ...series].join(" ");
}
