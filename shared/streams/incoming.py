"""One answer as its reader sees it."""

import asyncio
from collections.abc import Callable

from shared.errors import SluiceError
from shared.messages import ChatJob, Delta, Piece, end_of

from .merge import Cursor


class Incoming:
    """A future and a list: half the price of a queue, and a slow reader gets more at once."""

    __slots__ = (
        "_close",
        "_error",
        "attached",
        "choked",
        "cursor",
        "job",
        "number",
        "pieces",
        "request",
        "waiter",
        "worker",
    )

    def __init__(self, number: int, request: str, close: Callable[[int], None]) -> None:
        self.number = number
        self.request = request
        self.job: ChatJob | None = None
        """What was asked, where this process asked it; whoever takes over for a dead worker needs it."""
        self.cursor = Cursor()
        self.pieces: list[Piece] = []
        self.waiter: asyncio.Future[None] | None = None
        self.worker = ""
        """Who writes it; empty until its first delta, and while nobody has it."""
        self.attached = False
        """Opened for an answer that was asked for elsewhere, or before."""
        self.choked = False
        """Its reader was too slow: what came meanwhile has to be asked for again."""
        self._error: SluiceError | None = None
        self._close = close

    async def next(self) -> list[Piece]:
        """All that came since the last call, at least one piece; the last of an answer has an `end`.

        Raises what it was made to `fail` with: `Unavailable` when the answer cannot be had any more.
        """
        if not self.pieces and self._error is None:
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        if not self.pieces and self._error is not None:
            raise self._error
        taken, self.pieces = self.pieces, []
        return taken

    def close(self) -> None:
        """Nothing more is wanted here; later deltas for it are ignored."""
        self._close(self.number)

    @property
    def failed(self) -> bool:
        return self._error is not None

    def take(self, delta: Delta) -> bool:
        """`delta` is the next one. True: it was the last."""
        fresh = self.cursor.take(delta)
        self.pieces.append(fresh)
        self.rouse()
        return end_of(self.pieces) is not None

    def fail(self, error: SluiceError) -> None:
        self._error = error
        self.rouse()

    def rouse(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)
