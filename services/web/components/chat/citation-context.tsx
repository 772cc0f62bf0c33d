"use client";

import { createContext, useContext } from "react";

/** A passage that an answer cites as `[citation]`. */
export interface CitedPassage {
  citation: number;
  document: string;
  /** Of the passage in its document, for `GET /v1/documents/{document}/passages/{number}`. */
  number: number;
  title: string;
  text: string;
  /** In characters of the document. */
  start: number;
  end: number;
  score: number;
}

export type OpenCitation = (passage: CitedPassage) => void;

const CitationContext = createContext<OpenCitation | null>(null);

/** Around the chat, by whatever shows passages beside it. */
export const CitationProvider = CitationContext;

/** Null: nothing shows them. */
export function useOpenCitation(): OpenCitation | null {
  return useContext(CitationContext);
}
