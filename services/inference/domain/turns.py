"""Whose turn a free slot is: interactive jobs go first, but batch jobs are not starved. Pure."""

BATCH_AFTER_JOBS = 16
BATCH_AFTER_S = 5.0
EMPTY_S = 0.5
"""Where no batch job waited, so long until the next look: it costs a moment in which slots stand empty."""


class Turns:
    """While interactive jobs take every slot, a batch job gets one after every 16 of them, or after 5 s where they
    take longer than that. So of b batch jobs that wait for a worker the last one begins after at most 16 b
    interactive ones, and while slots come free within 5 s, after b x 5 s."""

    def __init__(self, now: float) -> None:
        self._asked_at = now
        self._passed = 0
        self._found = True

    def interactive(self, got: int) -> None:
        self._passed += got

    def batch(self, got: int, now: float) -> None:
        """The batch queue was asked, and gave so many."""
        self._asked_at = now
        self._passed = 0
        self._found = got > 0

    def batch_is_due(self, now: float) -> bool:
        waited_s = now - self._asked_at
        if waited_s >= BATCH_AFTER_S:
            return True
        return self._passed >= BATCH_AFTER_JOBS and (self._found or waited_s >= EMPTY_S)
