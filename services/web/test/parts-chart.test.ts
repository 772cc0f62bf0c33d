import assert from "node:assert/strict";
import { test } from "node:test";
import { bar, geometry, linePath, nearest } from "../components/parts/chart-geometry";
import type { ChartInput } from "../components/parts/schemas";

const SIZE = { width: 600, height: 260 };
const chart = (kind: "bar" | "line", values: (number | null)[]): ChartInput => ({
  kind,
  labels: values.map((_, place) => `label ${place}`),
  series: [{ name: "one", values }],
});

test("a bar stands on nought, upwards and downwards, inside the plot", () => {
  const from = geometry(chart("bar", [4, -2]), SIZE, String);
  const [up, down] = [bar(4, 0, 0, 1, from), bar(-2, 1, 0, 1, from)];
  assert.equal(up.y + up.height, from.y(0));
  assert.equal(down.y, from.y(0));
  assert.ok(Math.abs(up.height - 2 * down.height) < 0.01);
  for (const { x, width } of [up, down]) {
    assert.ok(x >= from.plot.left && x + width <= from.plot.right);
  }
});

test("bars of several series stand beside each other without touching", () => {
  const from = geometry(chart("bar", [1, 2, 3]), SIZE, String);
  const bars = [0, 1, 2].map((series) => bar(1, 0, series, 3, from));
  bars.slice(1).forEach((one, before) => {
    const left = bars[before];
    assert.ok(left && left.x + left.width < one.x);
  });
});

test("a missing value interrupts a line", () => {
  const values = [1, 2, null, 3, 4];
  const path = linePath(values, geometry(chart("line", values), SIZE, String));
  assert.equal(path.match(/M/g)?.length, 2);
});

test("labels that do not fit beside each other are left out", () => {
  const values = Array.from({ length: 100 }, (_, place) => place);
  const from = geometry(chart("line", values), SIZE, String);
  assert.equal(from.places.length, 100);
  from.xTicks.slice(1).forEach((tick, before) => {
    assert.ok(tick.at - (from.xTicks[before]?.at ?? 0) > 50);
  });
});

test("equal values, one value and none still have a scale", () => {
  for (const values of [[5, 5], [0], [null], [-3]]) {
    for (const kind of ["bar", "line"] as const) {
      const from = geometry(chart(kind, values), SIZE, String);
      assert.ok(from.yTicks.length > 1, `${kind} ${values}`);
      assert.ok(from.yTicks.every(({ at }) => Number.isFinite(at)));
    }
  }
});

test("the nearest label is the one under the pointer", () => {
  const from = geometry(chart("line", [1, 2, 3]), SIZE, String);
  from.places.forEach((place, index) => {
    assert.equal(nearest(place + 5, from), index);
  });
});
