// What a model has to give each component: the check of its input, and (as JSON schema) what it is told to write.
import * as z from "zod/mini";

const MAX_COLUMNS = 40;
const MAX_ROWS = 2_000;
const MAX_SERIES = 6;
const MAX_POINTS = 500;
const MAX_STEPS = 60;
const MAX_TITLE = 200;
const MAX_TEXT = 200_000;

const title = z.string().check(z.maxLength(MAX_TITLE), z.describe("A short title"));
const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const tableSchema = z.object({
  title: z.optional(title),
  columns: z
    .array(z.string())
    .check(z.minLength(1), z.maxLength(MAX_COLUMNS), z.describe("The columns' names")),
  rows: z
    .array(z.array(cell))
    .check(z.maxLength(MAX_ROWS), z.describe("Each row: one value a column; numbers as numbers")),
});

export const chartSchema = z.object({
  title: z.optional(title),
  kind: z.enum(["line", "bar"]).check(z.describe("line: over time; bar: to compare")),
  labels: z
    .array(z.union([z.string(), z.number()]))
    .check(z.minLength(1), z.maxLength(MAX_POINTS), z.describe("Along the x axis")),
  series: z
    .array(
      z.object({
        name: z.string().check(z.maxLength(MAX_TITLE)),
        values: z
          .array(z.nullable(z.number()))
          .check(z.maxLength(MAX_POINTS), z.describe("One a label; null where there is none")),
      }),
    )
    .check(z.minLength(1), z.maxLength(MAX_SERIES)),
  unit: z.optional(z.string().check(z.maxLength(24), z.describe("Of the values, such as % or €"))),
});

export const documentSchema = z.object({
  title,
  kind: z.optional(
    z.string().check(z.maxLength(60), z.describe("What it is, such as Letter or Report")),
  ),
  text: z
    .string()
    .check(z.minLength(1), z.maxLength(MAX_TEXT), z.describe("All of it, in Markdown")),
});

export const progressSchema = z.object({
  title,
  percent: z.optional(z.number().check(z.minimum(0), z.maximum(100))),
  steps: z.optional(
    z
      .array(
        z.object({
          label: z.string().check(z.maxLength(MAX_TITLE)),
          state: z.enum(["waiting", "running", "done", "failed"]),
          detail: z.optional(z.string().check(z.maxLength(MAX_TITLE))),
        }),
      )
      .check(z.maxLength(MAX_STEPS)),
  ),
});

export type Cell = z.infer<typeof cell>;
export type TableInput = z.infer<typeof tableSchema>;
export type ChartInput = z.infer<typeof chartSchema>;
export type DocumentInput = z.infer<typeof documentSchema>;
export type ProgressInput = z.infer<typeof progressSchema>;
