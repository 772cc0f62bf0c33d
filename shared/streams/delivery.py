"""When what has come is given to those who read it."""

import asyncio

from .incoming import Incoming


class Delivery:
    """Gives each reader what came for it, in the very call that brought it. With `gather_s` pieces wait so long for
    more of their answer, but for its first token and its end."""

    def __init__(self, gather_s: float = 0.0) -> None:
        self._gather_s = gather_s
        self._fed: list[Incoming] = []
        self._next: asyncio.TimerHandle | None = None

    def feed(self, fed: list[Incoming]) -> None:
        """These have pieces that nobody was told of."""
        if not self._gather_s:
            give(fed)
            return
        self._fed += [incoming for incoming in fed if not self._urgent(incoming)]
        if self._next is None and self._fed:
            self._next = asyncio.get_running_loop().call_later(self._gather_s, self._give)

    def close(self) -> None:
        if self._next is not None:
            self._next.cancel()

    def _urgent(self, incoming: Incoming) -> bool:
        """Its first token and its end leave at once."""
        urgent = incoming.known <= 1 or incoming.ends
        if urgent:
            incoming.rouse()
        return urgent

    def _give(self) -> None:
        self._next = None
        fed, self._fed = self._fed, []
        give(fed)


def give(fed: list[Incoming]) -> None:
    for incoming in fed:
        if incoming.pieces:
            incoming.rouse()
