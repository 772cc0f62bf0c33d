// Shiki, with its languages loaded one by one. The themes are the ones with enough contrast on our surfaces.

import { createCodePlugin, type ThemeInput } from "@streamdown/code";

export const THEMES: [ThemeInput, ThemeInput] = [
  "github-light-high-contrast",
  "github-dark-default",
];

export const highlighter = createCodePlugin({ themes: THEMES });
