// The one list of conversations that the page has: the sidebar and the palette show it, the chat tells it what happens.
//
// For the chat (`const { history, transcripts } = useHistory()`):
//   history.touched(id)   when a question was sent, and again when its answer has ended: the conversation moves to the
//                         top, and after a first answer its title is watched until the engine has made one;
//   history.refresh()     when something changed and nothing is known of it.

import {
  type Conversation,
  type ConversationPage,
  changeConversation,
  deleteConversation,
  listConversations,
  restoreConversation,
} from "../api/conversations";
import { type List, newestFirst } from "../paging";

export interface HistoryState {
  pinned: Conversation[];
  recent: Conversation[];
  /** There are older ones. */
  more: boolean;
  phase: "unread" | "reading" | "ready";
  /** Of the last reading; what was read before is still shown. */
  error: unknown;
}

const PAGE = 50;
const PINNED_LIMIT = 200;
const SOON_MS = 250;
/** An engine makes a title within seconds; how long after `touched` it is looked for. */
const TITLE_WAITS_MS = [1_500, 3_000, 6_000, 12_000];
const NEW_S = 600;
const EMPTY: List<Conversation> = { entries: [], cursor: "" };
const { withNewest, withOlder, withOne, without } = newestFirst<Conversation>(
  ({ updated_at }) => updated_at,
);

export interface HistoryCalls {
  list: typeof listConversations;
  change: typeof changeConversation;
  remove: typeof deleteConversation;
  restore: typeof restoreConversation;
}

const CALLS: HistoryCalls = {
  list: listConversations,
  change: changeConversation,
  remove: deleteConversation,
  restore: restoreConversation,
};

export class HistoryStore {
  private pinned: List<Conversation> = EMPTY;
  private recent: List<Conversation> = EMPTY;
  private phase: HistoryState["phase"] = "unread";
  private error: unknown = null;
  private snapshot: HistoryState = this.state();
  private readonly listeners = new Set<() => void>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private refreshing: Promise<void> | null = null;
  private again = false;
  private loadingMore: Promise<void> | null = null;
  private readAtMs = 0;
  private readonly removing = new Set<string>();
  /** Since the reading under way began: it may still have them. */
  private gone = new Set<string>();

  constructor(
    private readonly calls: HistoryCalls = CALLS,
    /** Tells the other tabs that something changed. */
    private readonly announce: () => void = () => {},
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): HistoryState => this.snapshot;

  find(id: string): Conversation | undefined {
    return [...this.pinned.entries, ...this.recent.entries].find((each) => each.id === id);
  }

  /** Reads the newest anew. Calls while one is under way become one more. */
  refresh(): Promise<void> {
    if (this.refreshing) {
      this.again = true;
      return this.refreshing;
    }
    this.refreshing = this.readNewest().finally(() => {
      this.refreshing = null;
      if (this.again) {
        this.again = false;
        void this.refresh();
      }
    });
    return this.refreshing;
  }

  refreshIfOlderThan(ms: number): void {
    if (Date.now() - this.readAtMs > ms) void this.refresh();
  }

  /** Something was said in it, by us or by the model. */
  touched(id: string): void {
    const known = this.find(id);
    if (known) this.show({ ...known, updated_at: Date.now() / 1000 });
    this.later(SOON_MS, () => void this.refresh().then(() => this.announce()));
    if (!known || Date.now() / 1000 - known.created_at < NEW_S) this.watchTitle(id, 0);
  }

  more(): Promise<void> {
    if (this.loadingMore) return this.loadingMore;
    if (!this.recent.cursor) return Promise.resolve();
    this.loadingMore = this.calls
      .list({ limit: PAGE, cursor: this.recent.cursor, pinned: false })
      .then((page) => {
        this.recent = withOlder(this.recent, this.listOf(page));
        this.error = null;
      })
      .catch((error: unknown) => {
        this.error = error;
      })
      .finally(() => {
        this.loadingMore = null;
        this.changed();
      });
    return this.loadingMore;
  }

  rename(id: string, title: string): Promise<void> {
    return this.change(id, { title });
  }

  pin(id: string, pinned: boolean): Promise<void> {
    return this.change(id, { pinned });
  }

  /** Gone from the list at once; comes back if the edge refuses. */
  async remove(id: string): Promise<void> {
    const known = this.find(id);
    this.removing.add(id);
    this.hide(id);
    try {
      await this.calls.remove(id);
      this.announce();
    } catch (error) {
      this.gone.delete(id);
      if (known) this.show(known);
      throw error;
    } finally {
      this.removing.delete(id);
    }
  }

  async restore(id: string): Promise<void> {
    const restored = await this.calls.restore(id);
    this.gone.delete(id);
    this.show(restored);
    this.announce();
  }

  /** Nothing that was planned happens any more. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private async change(id: string, change: { title?: string; pinned?: boolean }): Promise<void> {
    const known = this.find(id);
    if (known) this.show({ ...known, ...change });
    try {
      const changed = await this.calls.change(id, change);
      if (!this.gone.has(id)) this.show(changed);
      this.announce();
    } catch (error) {
      if (known && !this.gone.has(id)) this.show(known);
      throw error;
    }
  }

  private async readNewest(): Promise<void> {
    this.gone = new Set(this.removing);
    if (this.phase === "unread") {
      this.phase = "reading";
      this.changed();
    }
    try {
      const [pinned, recent] = await Promise.all([
        this.calls.list({ limit: PINNED_LIMIT, pinned: true }),
        this.calls.list({ limit: PAGE, pinned: false }),
      ]);
      this.pinned = { ...this.listOf(pinned), cursor: "" };
      this.recent = withNewest(this.recent, this.listOf(recent));
      this.error = null;
      this.readAtMs = Date.now();
    } catch (error) {
      this.error = error;
    }
    this.phase = "ready";
    this.changed();
  }

  private watchTitle(id: string, round: number): void {
    const wait = TITLE_WAITS_MS[round];
    if (wait === undefined) return;
    const before = this.find(id)?.title;
    this.later(wait, async () => {
      await this.refresh();
      const now = this.find(id)?.title;
      if (before === undefined || now === before) this.watchTitle(id, round + 1);
    });
  }

  private later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, ms);
    this.timers.add(timer);
  }

  private show(conversation: Conversation): void {
    const { id, pinned } = conversation;
    this.pinned = pinned ? withOne(this.pinned, conversation) : without(this.pinned, id);
    this.recent = pinned ? without(this.recent, id) : withOne(this.recent, conversation);
    this.changed();
  }

  private hide(id: string): void {
    this.gone.add(id);
    this.pinned = without(this.pinned, id);
    this.recent = without(this.recent, id);
    this.changed();
  }

  private listOf(page: ConversationPage): List<Conversation> {
    const entries = page.conversations.filter(({ id }) => !this.gone.has(id));
    return { entries, cursor: page.next_cursor };
  }

  private changed(): void {
    this.snapshot = this.state();
    for (const listener of this.listeners) listener();
  }

  private state(): HistoryState {
    return {
      pinned: this.pinned.entries,
      recent: this.recent.entries,
      more: this.recent.cursor !== "",
      phase: this.phase,
      error: this.error,
    };
  }
}
