import assert from "node:assert/strict";
import { test } from "node:test";
import { chartSchema, tableSchema } from "../components/parts/schemas";
import { CLIENT_TOOLS } from "../components/parts/tools";

test("each tool is offered with a JSON schema of an object that names what is required", () => {
  assert.deepEqual(
    CLIENT_TOOLS.map((tool) => tool.name),
    ["show_table", "show_chart", "show_document", "show_progress"],
  );
  for (const { name, description, parameters } of CLIENT_TOOLS) {
    assert.match(name, /^[a-z_]+$/);
    assert.ok(description.length > 20);
    assert.equal(parameters.type, "object");
    assert.ok(Array.isArray(parameters.required) && parameters.required.length > 0);
    assert.equal(parameters.$schema, undefined);
  }
  const rows = CLIENT_TOOLS[0]?.parameters as { properties: { rows: object } };
  assert.match(
    JSON.stringify(rows.properties.rows),
    /"type":"array".*"description"|"description".*"type":"array"/,
  );
});

test("what a model gets wrong is told from what it may leave out", () => {
  const table = { columns: ["a"], rows: [["1"], [2], [null], []] };
  assert.equal(tableSchema.safeParse(table).success, true);
  for (const wrong of [
    null,
    {},
    { columns: [], rows: [] },
    { columns: "a", rows: [] },
    { columns: ["a"], rows: [[{}]] },
  ])
    assert.equal(tableSchema.safeParse(wrong).success, false, JSON.stringify(wrong));
  const chart = { kind: "bar", labels: ["a"], series: [{ name: "s", values: [null] }] };
  assert.equal(chartSchema.safeParse(chart).success, true);
  assert.equal(chartSchema.safeParse({ ...chart, kind: "pie" }).success, false);
});
