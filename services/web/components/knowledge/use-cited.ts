"use client";

import { useEffect, useState } from "react";
import type { KnowledgeDocument } from "@/lib/api/documents";
import { ApiError } from "@/lib/api/errors";
import { useKnowledge, useLibrary } from "@/lib/knowledge/provider";
import { showRow } from "./show-row";

interface Cited {
  /** Where the loaded part of the list lacks it. */
  elsewhere: KnowledgeDocument | null;
  gone: boolean;
}

/** The document that the address names: found however far down it is, and shown. */
export function useCited(id: string): Cited {
  const { library } = useKnowledge();
  const { documents, phase } = useLibrary();
  const [found, setFound] = useState<KnowledgeDocument | "gone" | null>(null);
  const ready = phase === "ready";
  useEffect(() => {
    if (!id || !ready) return;
    let left = false;
    library.find(id).then(
      (document) => {
        if (!left) setFound(document);
      },
      (error: unknown) => {
        if (!left && error instanceof ApiError && error.status === 404) setFound("gone");
      },
    );
    return () => {
      left = true;
    };
  }, [library, id, ready]);
  const shownId = found !== null && found !== "gone" && found.id === id ? id : "";
  useEffect(() => {
    if (shownId) showRow(shownId);
  }, [shownId]);
  const isListed = documents.some((document) => document.id === id);
  return {
    elsewhere: shownId && !isListed && found !== "gone" ? found : null,
    gone: id !== "" && found === "gone" && !isListed,
  };
}
