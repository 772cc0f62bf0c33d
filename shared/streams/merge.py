"""When a receiver believes a delta. Pure: no clock, no bus."""

from array import array
from collections.abc import Iterable
from enum import Enum


class Verdict(Enum):
    TAKE = "take"
    """It goes on exactly where we are."""
    DROP = "drop"
    """A repeat, or from an attempt that has been replaced."""
    GAP = "gap"
    """Something between what we know and this is missing."""


class Cursor:
    """Where one stream stands: the fence it follows, and the token ids that have come, whose number is the next index.

    A higher fence is a later attempt, which holds from then on; it was told what has been shown, so it begins
    exactly there. "Behind" is a repeat within one fence only.
    """

    __slots__ = ("fence", "ids")

    def __init__(self) -> None:
        self.fence = -1
        self.ids = array("q")

    def judge(self, fence: int, index: int, ids: Iterable[int]) -> Verdict:
        """Moves on when the verdict is TAKE."""
        if fence < self.fence:
            return Verdict.DROP
        if index != len(self.ids):
            repeated = fence == self.fence and index < len(self.ids)
            return Verdict.DROP if repeated else Verdict.GAP
        self.fence = fence
        self.ids.extend(ids)
        return Verdict.TAKE
