import type { en } from "./en";

/** What both dictionaries have the shape of. */
export type Text = typeof en;
