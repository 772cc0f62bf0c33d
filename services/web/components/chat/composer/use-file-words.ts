"use client";

import { useMemo } from "react";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import { MAX_CHARACTERS, MAX_PICTURE_BYTES } from "../model/request";
import {
  type FileProblem,
  MAX_FILES,
  MAX_READ_BYTES,
  MAX_TEXT_BYTES,
  megabytes,
} from "./attachments";

/** Why a file is not taken, in the page's language. */
export function useFileWords(model: string) {
  const words = useText().chat.files;
  const locale = LANG[useLanguage()];
  return useMemo(() => {
    const count = new Intl.NumberFormat(locale);
    const byProblem: Record<FileProblem, (name: string) => string> = {
      unknownKind: words.unknownKind,
      unknownPicture: words.unknownPicture,
      textTooLarge: (name) =>
        `${words.textTooLarge(name, megabytes(MAX_TEXT_BYTES, locale))} ${words.toKnowledge}`,
      pictureTooLarge: (name) => words.pictureTooLarge(name, megabytes(MAX_READ_BYTES, locale)),
      textsTogether: (name) => words.textsTogether(name, count.format(MAX_CHARACTERS)),
      picturesTogether: (name) =>
        words.picturesTogether(name, megabytes(MAX_PICTURE_BYTES, locale)),
      noPictures: () => words.noPictures(model),
      unreadable: words.unreadable,
    };
    return {
      of: (problem: FileProblem, name: string) => byProblem[problem](name),
      tooMany: words.tooMany(MAX_FILES),
    };
  }, [words, locale, model]);
}
