// The server writes the theme into html, so that the first paint has it; `system` is left to the style sheet.

export const THEMES = ["light", "dark", "system"] as const;
export type Theme = (typeof THEMES)[number];
export const THEME_COOKIE = "sluice-theme";

export function isTheme(value: unknown): value is Theme {
  return THEMES.includes(value as Theme);
}
