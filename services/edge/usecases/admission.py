"""Who may ask now. Refuses before anything costly is done, as far as that can be known."""

import time
from collections import Counter
from collections.abc import Callable

from shared.errors import QueueFull, RateLimited, Unavailable

FULL_S = 0.25
"""After the queue has refused a job, others are refused for so long without being tried; then one is."""
SHORTEST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


class Admission:
    """`drain_rate`: how many end a second; None: they are short. `what`: what they are, for people. `enter` and `leave`
    come in pairs."""

    def __init__(
        self,
        *,
        max_streams: int,
        max_streams_per_user: int,
        queue_jobs: int = 0,
        drain_rate: Callable[[], float] | None = None,
        what: str = "answers",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_streams = max_streams
        self._max_streams_per_user = max_streams_per_user
        self._queue_jobs = queue_jobs
        self._drain_rate = drain_rate
        self._what = what
        self._clock = clock
        self._open = 0
        self._open_by_user: Counter[str] = Counter()
        self._full_until = 0.0
        self._closed = False

    def enter(self, user: str) -> None:
        """Raises `Unavailable` while the process ends, `QueueFull`, or `RateLimited` for this user alone."""
        if self._closed:
            raise Unavailable("The service is stopping.")
        if self._open_by_user[user] >= self._max_streams_per_user:
            raise RateLimited(
                f"You have {self._max_streams_per_user} {self._what} under way; wait for one of them to end.",
                retry_after_s=SHORTEST_WAIT_S,
            )
        if self._open >= self._max_streams:
            raise QueueFull(
                f"Too many {self._what} are under way at the moment.", retry_after_s=self._wait_s(self._open)
            )
        self._try_queue()
        self._open += 1
        self._open_by_user[user] += 1

    def leave(self, user: str) -> None:
        self._open -= 1
        self._open_by_user[user] -= 1
        if not self._open_by_user[user]:
            del self._open_by_user[user]

    def close(self) -> None:
        """Nobody more comes in."""
        self._closed = True

    def queue_refused(self) -> QueueFull:
        """It holds all it may. The error that its caller should get."""
        self._full_until = self._clock() + FULL_S
        return self._queue_full()

    def queue_took(self) -> None:
        self._full_until = 0.0

    def _try_queue(self) -> None:
        if not self._full_until:
            return
        now = self._clock()
        if now < self._full_until:
            raise self._queue_full()
        self._full_until = now + FULL_S  # whoever comes now tries it, for all

    def _queue_full(self) -> QueueFull:
        return QueueFull(
            "More questions are waiting than may; try again later.",
            retry_after_s=self._wait_s(self._queue_jobs),
        )

    def _wait_s(self, ahead: int) -> float:
        """Until so many answers have ended, at the rate of late."""
        if self._drain_rate is None:
            return SHORTEST_WAIT_S
        rate = self._drain_rate()
        wait_s = ahead / rate if rate > 0 else LONGEST_WAIT_S
        return min(max(wait_s, SHORTEST_WAIT_S), LONGEST_WAIT_S)
