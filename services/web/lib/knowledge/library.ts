// The documents that the page shows. Those that are being taken in are asked after until they are ready or failed.

import {
  type DocumentPage,
  deleteDocument,
  getDocument,
  type KnowledgeDocument,
  listDocuments,
} from "../api/documents";
import { ApiError } from "../api/errors";
import { type List, newestFirst } from "../paging";

export interface LibraryState {
  documents: KnowledgeDocument[];
  more: boolean;
  phase: "unread" | "reading" | "ready";
  error: unknown;
  /** That became ready or failed last, for those who cannot see it. */
  settled: KnowledgeDocument | null;
}

export interface LibraryCalls {
  list: typeof listDocuments;
  get: typeof getDocument;
  remove: typeof deleteDocument;
}

const PAGE = 50;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
const SLOWER = 1.4;
/** Of those below the newest page; the others have their turn later. */
const SINGLY = 4;
const { withNewest, withOlder, withOne, without } = newestFirst<KnowledgeDocument>(
  ({ created_at }) => created_at,
);

export class Library {
  private list: List<KnowledgeDocument> = { entries: [], cursor: "" };
  private phase: LibraryState["phase"] = "unread";
  private error: unknown = null;
  private settled: KnowledgeDocument | null = null;
  private snapshot: LibraryState = this.state();
  private readonly listeners = new Set<() => void>();
  private readonly gone = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waitMs = FIRST_WAIT_MS;
  private loadingMore: Promise<void> | null = null;
  private watched = 0;

  constructor(
    private readonly calls: LibraryCalls = {
      list: listDocuments,
      get: getDocument,
      remove: deleteDocument,
    },
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): LibraryState => this.snapshot;

  /** While a page shows them; returns the end of that. */
  watch(): () => void {
    this.watched += 1;
    void this.refresh();
    return () => {
      this.watched -= 1;
      if (this.watched === 0) clearTimeout(this.timer);
    };
  }

  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    if (this.phase === "unread") {
      this.phase = "reading";
      this.changed();
    }
    try {
      const page = await this.calls.list({ limit: PAGE });
      const below = this.pending().filter(({ id }) => !page.documents.some((d) => d.id === id));
      this.take(withNewest(this.list, this.listOf(page)));
      for (const { id } of below.slice(0, SINGLY)) await this.readOne(id);
      this.error = null;
    } catch (error) {
      this.error = error;
    }
    this.phase = "ready";
    this.changed();
    this.plan();
  }

  /** Just uploaded. */
  add(document: KnowledgeDocument): void {
    this.take(withOne(this.list, document));
    this.waitMs = FIRST_WAIT_MS;
    this.changed();
    this.plan();
  }

  more(): Promise<void> {
    if (this.loadingMore || !this.list.cursor) return this.loadingMore ?? Promise.resolve();
    this.loadingMore = this.calls
      .list({ limit: PAGE, cursor: this.list.cursor })
      .then((page) => {
        this.list = withOlder(this.list, this.listOf(page));
        this.error = null;
      })
      .catch((error: unknown) => {
        this.error = error;
      })
      .finally(() => {
        this.loadingMore = null;
        this.changed();
        this.plan();
      });
    return this.loadingMore;
  }

  /** The one that an answer cites, wherever it stands in the list. */
  find(id: string): Promise<KnowledgeDocument> {
    const known = this.list.entries.find((document) => document.id === id);
    return known ? Promise.resolve(known) : this.calls.get(id);
  }

  /** Gone from the list at once; comes back if the edge refuses. */
  async remove(document: KnowledgeDocument): Promise<void> {
    this.gone.add(document.id);
    this.list = without(this.list, document.id);
    this.changed();
    try {
      await this.calls.remove(document.id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return; // deleted elsewhere meanwhile
      this.gone.delete(document.id);
      this.list = withOne(this.list, document);
      this.changed();
      throw error;
    }
  }

  private async readOne(id: string): Promise<void> {
    try {
      this.take(withOne(this.list, await this.calls.get(id)));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      this.list = without(this.list, id);
    }
  }

  private take(list: List<KnowledgeDocument>): void {
    const before = new Map(this.list.entries.map((document) => [document.id, document]));
    for (const document of list.entries) {
      const known = before.get(document.id);
      if (!known || !isPending(known)) continue;
      if (!isPending(document)) this.settled = document;
      if (document.status !== known.status || document.done !== known.done) {
        this.waitMs = FIRST_WAIT_MS;
      }
    }
    this.list = list;
  }

  private plan(): void {
    clearTimeout(this.timer);
    if (this.watched === 0 || this.pending().length === 0) return;
    this.timer = setTimeout(() => void this.refresh(), this.waitMs);
    this.waitMs = Math.min(LONGEST_WAIT_MS, this.waitMs * SLOWER);
  }

  private pending(): KnowledgeDocument[] {
    return this.list.entries.filter(isPending);
  }

  private listOf(page: DocumentPage): List<KnowledgeDocument> {
    return {
      entries: page.documents.filter(({ id }) => !this.gone.has(id)),
      cursor: page.next_cursor,
    };
  }

  private changed(): void {
    this.snapshot = this.state();
    for (const listener of this.listeners) listener();
  }

  private state(): LibraryState {
    return {
      documents: this.list.entries,
      more: this.list.cursor !== "",
      phase: this.phase,
      error: this.error,
      settled: this.settled,
    };
  }
}

export function isPending({ status }: KnowledgeDocument): boolean {
  return status === "queued" || status === "processing";
}
