// KaTeX with its style sheet and fonts, from our own bundle; loaded with the first formula.

import "katex/dist/katex.min.css";
import { createMathPlugin } from "@streamdown/math";

export const maths = createMathPlugin({ errorColor: "currentColor" });
