"use client";

import { useCallback, useRef, useState } from "react";
import {
  type Attachment,
  type FileProblem,
  MAX_FILES,
  problemOf,
  togetherProblem,
} from "./attachments";
import { readFile } from "./read-file";
import { useFileWords } from "./use-file-words";

export interface Attachments {
  files: Attachment[];
  reading: boolean;
  /** What was not taken of the files that were given last, and why; and what the model does not take. */
  problems: string[];
  /** They can be sent as they are. */
  sendable: boolean;
  add: (files: readonly File[]) => void;
  remove: (id: string) => void;
  clear: () => void;
}

/** `pictures`: whether the model takes them. */
export function useAttachments(pictures: boolean, modelName: string): Attachments {
  const [files, setFiles] = useState<Attachment[]>([]);
  const [readingCount, setReadingCount] = useState(0);
  const held = useRef({ files: [] as Attachment[], reading: 0 });
  const [refused, setRefused] = useState<string[]>([]);
  const words = useFileWords(modelName);

  const say = useCallback(
    (problem: FileProblem, name: string) =>
      setRefused((before) => [...new Set([...before, words.of(problem, name)])]),
    [words],
  );

  const hold = useCallback((changed: Attachment[]) => {
    held.current.files = changed;
    setFiles(changed);
  }, []);

  const read = useCallback(
    async (file: File) => {
      try {
        const attachment = await readFile(file);
        const problem = togetherProblem(held.current.files, attachment);
        if (problem) say(problem, file.name);
        else hold([...held.current.files, attachment]);
      } catch {
        say("unreadable", file.name);
      }
      held.current.reading -= 1;
      setReadingCount(held.current.reading);
    },
    [say, hold],
  );

  const add = useCallback(
    (given: readonly File[]) => {
      const room = MAX_FILES - held.current.files.length - held.current.reading;
      setRefused(given.length > room ? [words.tooMany] : []);
      for (const file of given.slice(0, Math.max(0, room))) {
        const problem = problemOf(file, pictures);
        if (problem) {
          say(problem, file.name);
          continue;
        }
        held.current.reading += 1;
        setReadingCount(held.current.reading);
        void read(file);
      }
    },
    [pictures, say, words, read],
  );

  const remove = useCallback(
    (id: string) => {
      hold(held.current.files.filter((file) => file.id !== id));
      setRefused([]);
    },
    [hold],
  );

  const clear = useCallback(() => {
    hold([]);
    setRefused([]);
  }, [hold]);

  const unseen = !pictures && files.some(({ kind }) => kind === "picture");
  const problems = unseen ? [...new Set([...refused, words.of("noPictures", "")])] : refused;
  const reading = readingCount > 0;
  return { files, reading, problems, sendable: !reading && !unseen, add, remove, clear };
}
