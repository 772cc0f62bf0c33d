"""One answer as its reader sees it."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.errors import SluiceError
from shared.messages import ChatJob, Delta, Piece, end_of

from .merge import Cursor

Write = Callable[[list[Piece]], Awaitable[None] | None]
"""Takes pieces at once; what it returns, if anything, has to be awaited before it takes more."""


class Incoming:
    """A future and a list: half the price of a queue, and a slow reader gets more at once."""

    __slots__ = (
        "_close",
        "_error",
        "_write",
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
        self.waiter: asyncio.Future[Awaitable[None] | None] | None = None
        self.worker = ""
        """Who writes it; empty until its first delta, and while nobody has it."""
        self.attached = False
        """Opened for an answer that was asked for elsewhere, or before."""
        self.choked = False
        """Its reader was too slow: what came meanwhile has to be asked for again."""
        self._error: SluiceError | None = None
        self._close = close
        self._write: Write | None = None

    async def next(self) -> list[Piece]:
        """All that came since the last call, at least one piece; the last of an answer has an `end`.

        Raises what it was made to `fail` with: `Unavailable` when the answer cannot be had any more.
        """
        if not self.pieces and self._error is None:
            await self._roused()
        if not self.pieces and self._error is not None:
            raise self._error
        taken, self.pieces = self.pieces, []
        return taken

    async def pour(self, write: Write) -> Awaitable[None] | None:
        """Hands pieces to `write` in the very call that brings them. Waking a task for each stream of a frame would
        cost more than all else that is done with a token.

        Returns what `write` wants awaited; or None, where there is something for `next`: what had come before, the end
        of the answer, or an error. Raises what `write` raises.
        """
        if self.pieces or self._error is not None:
            return None
        self._write = write
        try:
            return await self._roused()
        finally:
            self._write = None

    def close(self) -> None:
        """Nothing more is wanted here; later deltas for it are ignored."""
        self._close(self.number)

    @property
    def known(self) -> int:
        """How many of its tokens have come."""
        return len(self.cursor.ids)

    @property
    def ends(self) -> bool:
        """Its end has come, and waits to be read."""
        return bool(self.pieces) and end_of(self.pieces) is not None

    @property
    def begun(self) -> bool:
        """Somebody has written to it, or taken it over."""
        return self.cursor.fence >= 0

    @property
    def failed(self) -> bool:
        return self._error is not None

    def take(self, delta: Delta) -> bool:
        """`delta` is the next one. True: it was the last. `rouse` when all that came with it is taken, too."""
        self.pieces.append(self.cursor.take(delta))
        return end_of(self.pieces) is not None

    def fail(self, error: SluiceError) -> None:
        self._error = error
        self.rouse()

    def rouse(self) -> None:
        """Something came: whoever waits for it gets it."""
        write = self._write
        if write is None or self._error is not None or end_of(self.pieces) is not None:
            self._wake(None)
            return
        taken, self.pieces = self.pieces, []
        try:
            full = write(taken)
        except Exception as error:  # noqa: BLE001 - its own reader's to handle, and no other stream's of this frame
            self._wake(error)
            return
        if full is not None:
            self._wake(full)

    def _wake(self, with_: Awaitable[None] | Exception | None) -> None:
        self._write = None
        if self.waiter is None or self.waiter.done():
            return
        if isinstance(with_, Exception):
            self.waiter.set_exception(with_)
        else:
            self.waiter.set_result(with_)

    def _roused(self) -> "asyncio.Future[Awaitable[None] | None]":
        self.waiter = asyncio.get_running_loop().create_future()
        return self.waiter
