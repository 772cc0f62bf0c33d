// Where everything in a chart stands, in pixels of its drawing.
import { type ScaleBand, type ScaleLinear, scaleBand, scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import type { ChartInput } from "./schemas";

const WIDE = /[\u2e80-\uffef]/g; // CJK: about twice as wide
const LABEL_CHARACTERS = 14;
const GAP = 12;
const BAR_GAP = 2;

export interface Tick {
  at: number;
  text: string;
}

export interface Geometry {
  width: number;
  height: number;
  plot: { left: number; right: number; top: number; bottom: number };
  xTicks: Tick[];
  yTicks: Tick[];
  /** The middle of each label's place along the x axis. */
  places: number[];
  y: ScaleLinear<number, number>;
  /** Of all bars that belong to one label. */
  band: ScaleBand<number>;
}

export function geometry(
  chart: ChartInput,
  size: { width: number; height: number },
  short: (value: number) => string,
): Geometry {
  const top = chart.unit ? 2 * GAP : GAP;
  const bottom = size.height - 28;
  const y = scaleLinear().domain(range(chart)).nice(5).range([bottom, top]);
  const yTicks = y.ticks(5).map((value) => ({ at: y(value), text: short(value) }));
  const left = Math.max(...yTicks.map((tick) => textWidth(tick.text))) + GAP;
  const right = size.width - GAP;
  const band = scaleBand<number>()
    .domain(chart.labels.map((_, place) => place))
    .range([left, right])
    .paddingInner(chart.kind === "bar" ? 0.3 : 0)
    .paddingOuter(chart.kind === "bar" ? 0.2 : 0);
  const places = chart.labels.map((_, place) => (band(place) ?? left) + band.bandwidth() / 2);
  const xTicks = labels(chart, places, (right - left) / chart.labels.length);
  return { ...size, plot: { left, right, top, bottom }, xTicks, yTicks, places, y, band };
}

/** As an SVG path; a missing value interrupts it. */
export function linePath(values: readonly (number | null)[], { places, y }: Geometry): string {
  const draw = line<number | null>()
    .defined((value, place) => value !== null && place < places.length)
    .x((_, place) => places[place] ?? 0)
    .y((value) => y(value ?? 0));
  return draw(values) ?? "";
}

export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function bar(
  value: number,
  place: number,
  series: number,
  all: number,
  from: Geometry,
): Bar {
  const each = from.band.bandwidth() / all;
  const width = Math.max(1, Math.min(each - BAR_GAP, 48));
  const middle =
    (from.places[place] ?? 0) + (series - (all - 1) / 2) * Math.min(each, 48 + BAR_GAP);
  const [zero, end] = [from.y(0), from.y(value)];
  return {
    x: middle - width / 2,
    y: Math.min(zero, end),
    width,
    height: value === 0 ? 0 : Math.max(1, Math.abs(zero - end)),
  };
}

/** The label that is nearest to `x`. */
export function nearest(x: number, { places }: Geometry): number {
  let best = 0;
  places.forEach((place, index) => {
    if (Math.abs(place - x) < Math.abs((places[best] ?? 0) - x)) best = index;
  });
  return best;
}

/** Bars begin at nought, lines need not. */
function range(chart: ChartInput): [number, number] {
  const values = chart.series.flatMap((one) => one.values.filter((value) => value !== null));
  if (chart.kind === "bar" || values.length === 0) values.push(0);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [Math.min(low, 0), Math.max(high, low + 1)] : [low, high];
}

/** As many as fit beside each other. */
function labels(chart: ChartInput, places: number[], room: number): Tick[] {
  const texts = chart.labels.map((label) => shortened(String(label)));
  const every = Math.max(1, Math.ceil((Math.max(...texts.map(textWidth)) + GAP) / room));
  return texts
    .map((text, place) => ({ at: places[place] ?? 0, text }))
    .filter((_, place) => place % every === 0);
}

function shortened(text: string): string {
  return text.length > LABEL_CHARACTERS ? `${text.slice(0, LABEL_CHARACTERS - 1)}…` : text;
}

function textWidth(text: string): number {
  return 6.8 * text.length + 5.4 * (text.match(WIDE)?.length ?? 0);
}
