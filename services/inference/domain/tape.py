"""What a worker keeps of an attempt, so that any reader can have it again, from wherever it stands. Pure."""

from array import array
from collections.abc import Iterator

import msgspec

from services.inference.domain.saying import characters, merged
from shared.messages import Delta, End, Part, Text

REPLAYED_IDS = 512
"""Plain tokens that a replay puts into one delta."""
TOKEN_BYTES = 80
"""What a plain token takes: its id, a reference, and a short string."""
DELTA_BYTES = 300
PART_BYTES = 100


class Row(msgspec.Struct):
    """Plain tokens, one after another: a text for each id from `start` on."""

    start: int
    texts: list[str]


class Tape:
    """Every delta from index 0 on. Plain tokens (one id, its text, the first choice) lie in columns, anything else
    as the delta that it was. It has no stream: each replay names its own.

    `fence` is the attempt's. `bytes` is an estimate that errs upwards.
    """

    __slots__ = ("_entries", "_others_bytes", "_texts", "end", "fence", "ids")

    def __init__(self, fence: int) -> None:
        self.fence = fence
        self.ids = array("q")
        self.end: End | None = None
        """Set when the answer is over and its end may be told."""
        self._texts: list[str] = []
        self._entries: list[Row | Delta] = [Row(0, self._texts)]
        self._others_bytes = 0

    @property
    def bytes(self) -> int:
        return TOKEN_BYTES * len(self.ids) + self._others_bytes

    def add(self, ids: tuple[int, ...], parts: tuple[Part, ...]) -> bool:
        """What a step has added. True: it was a plain token. Runs for each step of each stream."""
        if len(ids) == 1 == len(parts) and isinstance(text := parts[0], Text) and not text.choice:
            self.ids.append(ids[0])
            self._texts.append(text.text)
            return True
        self._add_other(ids, parts)
        return False

    def replay(self, stream: int, from_index: int) -> list[Delta]:
        """For a reader that stands at `from_index`; at least one delta, if only to say who has the answer.

        From that index where a delta begins there. From 0 otherwise, and then the first delta goes beyond it: a
        reader can cut what it knows off a delta that begins at 0, and off no other.
        """
        is_between = from_index <= len(self.ids) and not self._begins(from_index)
        begin = 0 if is_between or from_index > len(self.ids) else from_index
        deltas: list[Delta] = []
        for delta in self._deltas(stream, begin):
            if is_between and deltas and len(deltas) == 1 and len(deltas[0].ids) <= from_index:
                deltas[0] = _joined(deltas[0], delta)
            else:
                deltas.append(delta)
        if self.end is not None:
            deltas.append(Delta(stream, self.fence, len(self.ids), end=self.end))
        return deltas or [Delta(stream, self.fence, begin)]

    def whole(self, stream: int, end: End | None) -> Delta:
        """All of it as one delta, with as few parts as say the same."""
        parts = [part for delta in self._deltas(stream, 0) for part in delta.parts]
        return Delta(stream, self.fence, 0, tuple(self.ids), merged(parts), end)

    def _add_other(self, ids: tuple[int, ...], parts: tuple[Part, ...]) -> None:
        if not (ids or parts):
            return
        if not self._texts:
            self._entries.pop()
        self._entries.append(Delta(0, self.fence, len(self.ids), ids, parts))
        self.ids.extend(ids)
        self._texts = []
        self._entries.append(Row(len(self.ids), self._texts))
        texts = sum(map(characters, parts))
        self._others_bytes += DELTA_BYTES + PART_BYTES * len(parts) + 4 * texts

    def _begins(self, index: int) -> bool:
        return any(
            entry.start <= index <= entry.start + len(entry.texts)
            if isinstance(entry, Row)
            else entry.index == index
            for entry in self._entries
        )

    def _deltas(self, stream: int, begin: int) -> Iterator[Delta]:
        for entry in self._entries:
            if isinstance(entry, Row):
                yield from self._of_row(stream, entry, max(begin, entry.start))
            elif entry.index >= begin:
                yield Delta(stream, self.fence, entry.index, entry.ids, entry.parts)

    def _of_row(self, stream: int, row: Row, begin: int) -> Iterator[Delta]:
        end = row.start + len(row.texts)
        for index in range(begin, end, REPLAYED_IDS):
            last = min(index + REPLAYED_IDS, end)
            text = "".join(row.texts[index - row.start : last - row.start])
            yield Delta(stream, self.fence, index, tuple(self.ids[index:last]), (Text(text),))


def tape_of(whole: Delta, fence: int) -> Tape:
    """The tape of an answer that somebody else has made and `whole` holds, its end included."""
    tape = Tape(fence)
    tape.add(whole.ids, whole.parts)
    tape.end = whole.end
    return tape


def _joined(first: Delta, second: Delta) -> Delta:
    parts = merged([*first.parts, *second.parts])
    return Delta(first.stream, first.fence, first.index, (*first.ids, *second.ids), parts)
