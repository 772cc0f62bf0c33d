// Lists that come newest first, a page at a time, and are read anew while they are shown.

export interface List<T> {
  entries: T[];
  /** Of the next page; empty: all are here. */
  cursor: string;
}

/** `timeOf` is what the edge orders them by; of two of one moment the greater id comes first. */
export function newestFirst<T extends { id: string }>(timeOf: (entry: T) => number) {
  const isAfter = (one: T, other: T) =>
    timeOf(one) === timeOf(other) ? one.id > other.id : timeOf(one) > timeOf(other);

  return {
    /** The page is the newest part of the list: what it lacks of its own span is gone, what is older stays. */
    withNewest(list: List<T>, page: List<T>): List<T> {
      const last = page.entries.at(-1);
      if (!page.cursor || !last) return { entries: page.entries, cursor: "" };
      const named = new Set(page.entries.map(({ id }) => id));
      const older = list.entries.filter((each) => !named.has(each.id) && isAfter(last, each));
      return older.length === 0
        ? page
        : { entries: [...page.entries, ...older], cursor: list.cursor };
    },

    /** The page follows the list. What moved up meanwhile stays where it is. */
    withOlder(list: List<T>, page: List<T>): List<T> {
      const named = new Set(list.entries.map(({ id }) => id));
      const added = page.entries.filter(({ id }) => !named.has(id));
      return { entries: [...list.entries, ...added], cursor: page.cursor };
    },

    /** Put where its time says, unless it is older than all that is loaded of a list that goes on. */
    withOne(list: List<T>, changed: T): List<T> {
      const others = list.entries.filter(({ id }) => id !== changed.id);
      const place = others.findIndex((each) => isAfter(changed, each));
      if (place < 0 && list.cursor) return { ...list, entries: others };
      const at = place < 0 ? others.length : place;
      return { ...list, entries: [...others.slice(0, at), changed, ...others.slice(at)] };
    },

    without(list: List<T>, id: string): List<T> {
      return { ...list, entries: list.entries.filter((each) => each.id !== id) };
    },
  };
}
