import { cookies, headers } from "next/headers";
import { en } from "./en";
import { chooseLanguage, LANGUAGE_COOKIE, type Language } from "./language";
import type { Text } from "./text";
import { zh } from "./zh";

export async function readLanguage(): Promise<Language> {
  const cookie = (await cookies()).get(LANGUAGE_COOKIE)?.value;
  return chooseLanguage(cookie, (await headers()).get("accept-language"));
}

/** The words of the request's language, for server components. */
export async function readText(): Promise<Text> {
  return (await readLanguage()) === "zh" ? zh : en;
}
