"use client";

import { Languages } from "lucide-react";
import { useRouter } from "next/navigation";
import { Button } from "@/components/ui/button";
import { keepLanguage, useLanguage } from "@/lib/text";
import { LANG, LANGUAGE_NAMES } from "@/lib/text/language";

/** To the other of the two languages, named in itself. */
export function LanguageSwitch() {
  const other = useLanguage() === "en" ? "zh" : "en";
  const router = useRouter();
  const change = () => {
    keepLanguage(other);
    router.refresh();
  };
  return (
    <Button variant="ghost" size="sm" onClick={change} lang={LANG[other]}>
      <Languages aria-hidden />
      {LANGUAGE_NAMES[other]}
    </Button>
  );
}
