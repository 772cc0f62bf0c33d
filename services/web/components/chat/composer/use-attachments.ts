"use client";

import { useCallback, useRef, useState } from "react";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import {
  type Attachment,
  type FileProblem,
  MAX_FILES,
  MAX_PICTURE_BYTES,
  MAX_TEXT_BYTES,
  megabytes,
  problemOf,
} from "./attachments";
import { readFile } from "./read-file";

export interface Attachments {
  files: Attachment[];
  reading: boolean;
  /** Of the files that were given last: what was not taken, and why. */
  problems: string[];
  add: (files: readonly File[]) => void;
  remove: (id: string) => void;
  clear: () => void;
}

/** `pictures`: whether the model takes them. */
export function useAttachments(pictures: boolean, modelName: string): Attachments {
  const [files, setFiles] = useState<Attachment[]>([]);
  const [readingCount, setReadingCount] = useState(0);
  const held = useRef(0);
  const [problems, setProblems] = useState<string[]>([]);
  const words = useText().chat.files;
  const locale = LANG[useLanguage()];

  const say = useCallback(
    (problem: FileProblem, name: string) => {
      const title = {
        unknownKind: () => words.unknownKind(name),
        textTooLarge: () =>
          `${words.textTooLarge(name, megabytes(MAX_TEXT_BYTES, locale))} ${words.toKnowledge}`,
        pictureTooLarge: () => words.pictureTooLarge(name, megabytes(MAX_PICTURE_BYTES, locale)),
        noPictures: () => words.noPictures(modelName),
        unreadable: () => words.unreadable(name),
      }[problem]();
      setProblems((before) => [...before, title]);
    },
    [words, locale, modelName],
  );

  const add = useCallback(
    (given: readonly File[]) => {
      const room = MAX_FILES - held.current;
      setProblems(given.length > room ? [words.tooMany(MAX_FILES)] : []);
      for (const file of given.slice(0, room)) {
        const problem = problemOf(file, pictures);
        if (problem) {
          say(problem, file.name);
          continue;
        }
        held.current += 1;
        setReadingCount((count) => count + 1);
        readFile(file)
          .then((read) => setFiles((before) => [...before, read]))
          .catch(() => {
            held.current -= 1;
            say("unreadable", file.name);
          })
          .finally(() => setReadingCount((count) => count - 1));
      }
    },
    [pictures, say, words],
  );

  const remove = useCallback((id: string) => {
    held.current -= 1;
    setFiles((before) => before.filter((file) => file.id !== id));
  }, []);

  const clear = useCallback(() => {
    held.current = 0;
    setFiles([]);
    setProblems([]);
  }, []);

  return { files, reading: readingCount > 0, problems, add, remove, clear };
}
