"""How fast workers get answers done, from what they count themselves."""

from collections import deque

WINDOW_S = 30.0
"""Long enough to see some answers end, short enough to follow the load."""


class DrainRate:
    """Each worker counts the answers that have ended since it started."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._counts: dict[str, deque[tuple[float, int]]] = {}

    def note(self, worker: str, finished: int, now: float) -> None:
        counts = self._counts.setdefault(worker, deque())
        if counts and finished < counts[-1][1]:  # it has started anew
            counts.clear()
        counts.append((now, finished))
        while counts[0][0] < now - self._window_s:
            counts.popleft()

    def forget(self, worker: str) -> None:
        self._counts.pop(worker, None)

    def per_second(self) -> float:
        """0 before there are two counts of some worker."""
        return sum(_rate(counts) for counts in self._counts.values())


def _rate(counts: "deque[tuple[float, int]]") -> float:
    (began, first), (ended, last) = counts[0], counts[-1]
    return (last - first) / (ended - began) if ended > began else 0.0
