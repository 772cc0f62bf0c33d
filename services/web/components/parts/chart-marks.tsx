// Each series has a colour and a shape, so that nobody needs to tell colours apart.

const COLOURS = [
  "var(--color-series-1)",
  "var(--color-series-2)",
  "var(--color-series-3)",
  "var(--color-series-4)",
  "var(--color-series-5)",
  "var(--color-series-6)",
];
const CORNERS = [0, 4, 3, 4, 3, 5];
const TURNS = [0, 45, 0, 0, 180, 0];

export function seriesColour(series: number): string {
  return COLOURS[series % COLOURS.length] ?? "currentColor";
}

/** A circle, a square, a triangle, and so on, around a point. */
export function seriesMark(series: number, x: number, y: number, radius: number, key?: number) {
  const corners = CORNERS[series % CORNERS.length] ?? 0;
  const fill = seriesColour(series);
  if (corners === 0) return <circle key={key} cx={x} cy={y} r={radius} fill={fill} />;
  const turn = ((TURNS[series % TURNS.length] ?? 0) - 90) * (Math.PI / 180);
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = turn + (corner * 2 * Math.PI) / corners;
    const reach = radius * 1.2;
    return `${(x + reach * Math.cos(angle)).toFixed(2)},${(y + reach * Math.sin(angle)).toFixed(2)}`;
  });
  return <polygon key={key} points={points.join(" ")} fill={fill} />;
}

export function barMark(series: number) {
  return <rect x={-5} y={-5} width={10} height={10} rx={2} fill={seriesColour(series)} />;
}
