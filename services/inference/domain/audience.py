"""Who reads an attempt, and whether they are still alive. Pure: times are the caller's, of a steady clock."""

from collections.abc import Collection

LEASE_S = 15.0
"""A receiver that has been silent for so long is gone."""
FORGET_S = 600.0


class Leases:
    """When each receiver was last heard. Time in which we could not have heard them does not count."""

    def __init__(self) -> None:
        self._heard_at: dict[str, float] = {}
        self._listening_since = 0.0

    def hear(self, inbox: str, now: float) -> None:
        self._heard_at[inbox] = now

    def renew(self, now: float) -> None:
        """We were deaf until now: everybody begins anew."""
        self._listening_since = now

    def is_gone(self, inbox: str, since: float, now: float) -> bool:
        """`since`: when it came to read."""
        return now - max(self._heard_at.get(inbox, 0.0), since, self._listening_since) > LEASE_S

    def forget_old(self, now: float) -> None:
        for inbox, heard_at in list(self._heard_at.items()):
            if now - heard_at > FORGET_S:
                del self._heard_at[inbox]


class Audience:
    """The streams that one attempt is written to. `readers` (inbox and stream) stays the same list."""

    def __init__(self, inbox: str, stream: int, now: float) -> None:
        self.readers: list[tuple[str, int]] = []
        self._since: dict[tuple[str, int], float] = {}
        self._left: set[tuple[str, int]] = set()
        self.add(inbox, stream, now)

    @property
    def is_empty(self) -> bool:
        return not self.readers

    def add(self, inbox: str, stream: int, now: float) -> None:
        if (inbox, stream) not in self._since:
            self.readers.append((inbox, stream))
        self._left.discard((inbox, stream))
        self._since[inbox, stream] = now

    def remove(self, inbox: str, stream: int) -> None:
        if self._since.pop((inbox, stream), None) is not None:
            self.readers.remove((inbox, stream))
        self._left.add((inbox, stream))

    def settle(self, inbox: str, streams: Collection[int], now: float) -> None:
        """These read it at this receiver, and no others; without those that have left since it said so."""
        for known, stream in list(self._since):
            if known == inbox and stream not in streams:
                self.remove(inbox, stream)
        for stream in streams:
            if (inbox, stream) not in self._left:
                self.add(inbox, stream, now)

    def lapse(self, leases: Leases, now: float) -> None:
        """Without those whose receivers have gone."""
        for (inbox, stream), since in list(self._since.items()):
            if leases.is_gone(inbox, since, now):
                self.remove(inbox, stream)
