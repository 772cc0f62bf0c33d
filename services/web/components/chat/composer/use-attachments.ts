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
  const words = useFileWords(modelName);
  const [refused, setRefused] = useState<string[]>([]);
  const say = useCallback(
    (problem: FileProblem, name: string) =>
      setRefused((before) => [...new Set([...before, words.of(problem, name)])]),
    [words],
  );
  const { files, reading, room, read, hold } = useFiles(say);

  const add = (given: readonly File[]) => {
    const free = Math.max(0, room());
    setRefused(given.length > free ? [words.tooMany] : []);
    for (const file of given.slice(0, free)) {
      const problem = problemOf(file, pictures);
      if (problem) say(problem, file.name);
      else void read(file);
    }
  };
  const keep = (kept: Attachment[]) => {
    hold(kept);
    setRefused([]);
  };

  const unseen = !pictures && files.some(({ kind }) => kind === "picture");
  const problems = unseen ? [...new Set([...refused, words.of("noPictures", "")])] : refused;
  return {
    files,
    reading,
    problems,
    sendable: !reading && !unseen,
    add,
    remove: (id) => keep(files.filter((file) => file.id !== id)),
    clear: () => keep([]),
  };
}

/** Those that are attached, and those that are being read, which have their place already. */
function useFiles(say: (problem: FileProblem, name: string) => void) {
  const held = useRef({ files: [] as Attachment[], reading: 0 });
  const [files, setFiles] = useState<Attachment[]>([]);
  const [reading, setReading] = useState(0);
  const hold = (changed: Attachment[]) => {
    held.current.files = changed;
    setFiles(changed);
  };
  const count = (change: number) => {
    held.current.reading += change;
    setReading(held.current.reading);
  };
  const read = async (file: File) => {
    count(1);
    try {
      const attachment = await readFile(file);
      const problem = togetherProblem(held.current.files, attachment);
      if (problem) say(problem, file.name);
      else hold([...held.current.files, attachment]);
    } catch {
      say("unreadable", file.name);
    }
    count(-1);
  };
  const room = () => MAX_FILES - held.current.files.length - held.current.reading;
  return { files, reading: reading > 0, room, read, hold };
}
