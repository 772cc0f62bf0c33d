"use client";

import { use, useDeferredValue } from "react";
import type { MathPlugin } from "streamdown";

let loading: Promise<MathPlugin> | undefined;

const NONE = Promise.resolve(undefined);

/** Suspends until KaTeX is there, if it is needed; the caller shows what it showed before meanwhile. */
export function useMaths(needed: boolean): MathPlugin | undefined {
  return use(useDeferredValue(needed ? load() : NONE));
}

function load(): Promise<MathPlugin> {
  loading ??= import("./maths-plugin").then(({ maths }) => maths);
  return loading;
}
