"use client";

import { type Binding, bound } from "./binding";

/**
 * One line binds a part's type to a component, which is loaded when the first such part is shown.
 * `tool-NAME` is a call of the tool NAME, `data-NAME` a data part; see docs/generative-ui.md.
 */
export const PARTS: Readonly<Record<string, Binding>> = {
  "tool-show_table": bound(() => import("./table")),
  "tool-show_chart": bound(() => import("./chart")),
  "tool-show_document": bound(() => import("./document-card")),
  "tool-show_progress": bound(() => import("./progress-card")),
  "data-progress": bound(() => import("./progress-card")),
};
