// The tools that a model may call to show something: they run here, in the browser, by being rendered.
// Loaded when a question is sent; a component for each stands in registry.tsx.
import * as z from "zod/mini";
import { chartSchema, documentSchema, progressSchema, tableSchema } from "./schemas";

export interface ClientTool {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

/** In the form in which a request to `/v1/chat` offers them. */
export const CLIENT_TOOLS: ClientTool[] = [
  tool(
    "show_table",
    "Shows the user a table that can be sorted and downloaded. Use it for five or more rows of data.",
    tableSchema,
  ),
  tool(
    "show_chart",
    "Shows the user a line or bar chart of numbers. Use it when a picture says more than the numbers.",
    chartSchema,
  ),
  tool(
    "show_document",
    "Shows the user a document that you have written (a letter, a report, a plan), to read, copy and download.",
    documentSchema,
  ),
  tool(
    "show_progress",
    "Shows the user how far a piece of work with several steps has come.",
    progressSchema,
  ),
];

/** What the model is told once its call is on the screen. */
export const SHOWN = { shown: true } as const;

export function isClientTool(name: string): boolean {
  return CLIENT_TOOLS.some((one) => one.name === name);
}

function tool(name: string, description: string, schema: z.core.$ZodType): ClientTool {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: "input" });
  return { name, description, parameters };
}
