"use client";

import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";
import { Library, type LibraryState } from "./library";
import { type Upload, UploadQueue } from "./uploads";

interface Knowledge {
  library: Library;
  uploads: UploadQueue;
}

const KnowledgeContext = createContext<Knowledge | null>(null);

/** Around all pages: an upload goes on while the reader chats. */
export function KnowledgeProvider({ children }: { children: ReactNode }) {
  const [parts] = useState<Knowledge>(() => {
    const library = new Library();
    return { library, uploads: new UploadQueue((document) => library.add(document)) };
  });
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (parts.uploads.busy) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, [parts]);
  return <KnowledgeContext value={parts}>{children}</KnowledgeContext>;
}

export function useKnowledge(): Knowledge {
  const parts = useContext(KnowledgeContext);
  if (!parts) throw new Error("useKnowledge outside KnowledgeProvider");
  return parts;
}

export function useLibrary(): LibraryState {
  const { library } = useKnowledge();
  return useSyncExternalStore(library.subscribe, library.getSnapshot, library.getSnapshot);
}

export function useUploads(): readonly Upload[] {
  const { uploads } = useKnowledge();
  return useSyncExternalStore(uploads.subscribe, uploads.getSnapshot, uploads.getSnapshot);
}
