// Formulas are found by this and drawn by formula.tsx, which makes elements; the library's own way parses HTML with styles
// in it, which the content security policy refuses.

import { createMathPlugin } from "@streamdown/math";
import type { MathPlugin } from "streamdown";

const nothing = () => undefined;

export const maths: MathPlugin = { ...createMathPlugin(), rehypePlugin: nothing };
