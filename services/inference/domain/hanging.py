"""Whether an engine that has work gets nowhere: it lives, takes requests, and makes no step. Pure."""

from collections.abc import Callable

import msgspec

LONGEST_LOOK_S = 1.0
"""What one look counts for, at most: where we were the ones who slept, the steps of that time are still to be heard."""
QUIET_S = 1.0
"""Without a step for so long, it is worth asking what its processes do."""
SHORTEST_SAMPLE_S = 0.25
"""Less says nothing: processor time is counted in hundredths of a second."""
LONGEST_STEP_S = 300.0
"""Nothing computes or compiles for so long. vLLM's own limit for a step of several processes."""


class Effort(msgspec.Struct, frozen=True):
    """What a step that takes long costs, and one that hangs does not."""

    spent: Callable[[], float]
    """Counts up. It may be dear: called only when no step was made for a while."""
    least_per_s: float
    """With less it does not work."""


class HangWatch:
    """Look at it each half second; a new engine gets a new one.

    It hangs when for `limit_s`, while it had unfinished requests, it made no step. Seconds in which it made an effort
    do not count, up to `LONGEST_STEP_S` in all. `limit_s` 0: it never hangs.
    """

    def __init__(self, limit_s: float, effort: Effort, *, clock: Callable[[], float]) -> None:
        self._limit_s = limit_s
        self._effort = effort
        self._clock = clock
        self._looked_at = clock()
        self._steps = 0
        self._silent_s = 0.0
        self._stalled_s = 0.0
        self._sample: tuple[float, float] | None = None
        self._hangs = False

    def look(self, steps: int, *, is_busy: bool) -> bool:
        """`steps`: how many it has made since its start. Whether it hangs; once it does, it does for good."""
        now = self._clock()
        passed_s = min(now - self._looked_at, LONGEST_LOOK_S)
        self._looked_at = now
        if self._hangs or not self._limit_s:
            return self._hangs
        if not is_busy or steps != self._steps:
            self._steps = steps
            self._silent_s = self._stalled_s = 0.0
            self._sample = None
            return False
        self._silent_s += passed_s
        self._stalled_s += passed_s
        if self._silent_s >= QUIET_S and self._works(now):
            self._stalled_s = 0.0
        longest_s = max(self._limit_s, LONGEST_STEP_S)
        self._hangs = self._stalled_s >= self._limit_s or self._silent_s >= longest_s
        return self._hangs

    def _works(self, now: float) -> bool:
        """Since the last sample."""
        before = self._sample
        if before is not None and now - before[0] < SHORTEST_SAMPLE_S:
            return False
        self._sample = (now, self._effort.spent())
        if before is None:
            return False
        return self._sample[1] - before[1] > self._effort.least_per_s * (now - before[0])
