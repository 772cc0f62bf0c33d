"""When a receiver believes a delta. Pure: no clock, no bus."""

from enum import Enum

from shared.messages import Delta


class Verdict(Enum):
    TAKE = "take"
    """It goes on exactly where we are."""
    DROP = "drop"
    """A repeat, or from an attempt that has been replaced."""
    GAP = "gap"
    """Something between what we know and this is missing."""


class Cursor:
    """Where one stream stands: the fence it follows, and the index of the next token.

    A higher fence is a later attempt, which holds from then on; it was told what has been shown, so it begins
    exactly there. "Behind" is a repeat within one fence only.
    """

    __slots__ = ("fence", "index")

    def __init__(self) -> None:
        self.fence = -1
        self.index = 0

    def judge(self, delta: Delta) -> Verdict:
        """Moves on when the verdict is TAKE."""
        if delta.fence < self.fence:
            return Verdict.DROP
        if delta.index != self.index:
            repeated = delta.fence == self.fence and delta.index < self.index
            return Verdict.DROP if repeated else Verdict.GAP
        self.fence = delta.fence
        self.index += len(delta.ids)
        return Verdict.TAKE
