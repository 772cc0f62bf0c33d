// Which of the two languages a reader gets.

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];
export const LANGUAGE_COOKIE = "sluice-language";

/** Values of html's `lang`. */
export const LANG: Record<Language, string> = { en: "en", zh: "zh-CN" };

export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.includes(value as Language);
}

/** The cookie's, else the first of `Accept-Language` that there is, else English. */
export function chooseLanguage(cookie: string | undefined, accepted: string | null): Language {
  if (isLanguage(cookie)) return cookie;
  return preferences(accepted ?? "").find(isLanguage) ?? "en";
}

function preferences(accepted: string): string[] {
  return accepted
    .slice(0, 1000)
    .split(",")
    .map((entry) => {
      const [tag = "", ...parameters] = entry.trim().toLowerCase().split(";");
      const quality = parameters.find((parameter) => parameter.trim().startsWith("q="));
      return { tag: tag.split("-")[0] ?? "", weight: quality ? Number(quality.split("=")[1]) : 1 };
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag);
}

/** Each in itself. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", zh: "简体中文" };
