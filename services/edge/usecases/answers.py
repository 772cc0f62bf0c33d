"""An answer on its way to whoever asked, until it ends or nobody wants it any more."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from services.edge.domain.chat import Notice
from services.edge.domain.identity import Principal
from services.edge.ports.chat import Incoming, Workers
from services.edge.ports.identity import Sessions
from shared.errors import DeadlineExceeded, SluiceError, Unauthorized, Unavailable, from_failure, to_failure
from shared.messages import ChatJob, Delta, End, Piece, Started, Usage, end_of, parts_of

WATCH_S = 1.0
"""How often an answer that has not begun asks whether its model still has workers."""


class AnswerStream:
    """Iterate over it for lists of pieces; the last piece has an `end`, also when the answer fails midway.

    `close` it in every case: an answer closed before its end is cancelled. `settle` is called once, when it is
    over in either way.
    """

    def __init__(
        self,
        job: ChatJob,
        incoming: Incoming,
        notices: tuple[Notice, ...],
        settle: "Callable[[AnswerStream], None]",
    ) -> None:
        self.job = job
        self.notices = notices
        self.end: End | None = None
        self.abandoned = True
        """Over without a word from its worker, which may still be at it."""
        self._incoming = incoming
        self._settle = settle
        self._begun = False
        self._settled = False
        self._peeked: asyncio.Task[list[Piece]] | None = None
        self._watching: asyncio.Task[None] | None = None

    def watch(self, principal: Principal, sessions: Sessions, workers: Workers) -> None:
        """It ends when the principal is revoked, its deadline passes, or no worker is left that could begin it."""
        self._watching = asyncio.create_task(self._watch(principal, sessions, workers))

    async def first(self, timeout_s: float | None = None) -> None:
        """Waits for the first pieces, and leaves them to be iterated over.

        Raises the error of an answer that failed before it had any content. Returns without a word after
        `timeout_s`: the job still waits for its turn.
        """
        if self._peeked is None:
            self._peeked = asyncio.create_task(self._read())
        done, _ = await asyncio.wait({self._peeked}, timeout=timeout_s)
        if not done or self.end is None or self.end.failure is None:
            return
        if all(isinstance(part, Started) for part in parts_of(self._peeked.result())):
            raise from_failure(self.end.failure)

    def __aiter__(self) -> "AnswerStream":
        return self

    def __anext__(self) -> Awaitable[list[Piece]]:
        """Not a coroutine itself: once for each batch of each answer, one less counts."""
        return self._read() if self._peeked is None and self.end is None else self._peeked_or_over()

    async def close(self) -> None:
        """Frees the worker first: whoever closes may be in a hurry, and be cancelled at this, too."""
        self._incoming.close()
        self._over()
        tasks = [task for task in (self._peeked, self._watching) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _peeked_or_over(self) -> list[Piece]:
        if self._peeked is None:
            raise StopAsyncIteration
        peeked, self._peeked = self._peeked, None
        return await peeked

    async def _read(self) -> list[Piece]:
        try:
            pieces = await self._incoming.next()
        except SluiceError as error:
            return self._broken_off(error)
        self._begun = True
        if (end := end_of(pieces)) is not None:
            self._ended(end)
        return pieces

    def _broken_off(self, error: SluiceError) -> list[Piece]:
        self.end = End(Usage(), to_failure(error))
        self._over()
        return [Delta(self._incoming.number, 0, 0, end=self.end)]

    def _ended(self, end: End) -> None:
        self.end = end
        self.abandoned = False
        self._over()

    async def _watch(self, principal: Principal, sessions: Sessions, workers: Workers) -> None:
        revoked = asyncio.create_task(sessions.until_revoked(principal))
        try:
            while (left_s := self.job.deadline - time.time()) > 0:
                done, _ = await asyncio.wait(
                    {revoked}, timeout=left_s if self._begun else min(left_s, WATCH_S)
                )
                if done:
                    self._break(Unauthorized("Your access was taken back."))
                    return
                if not self._begun and not workers.serves(self.job.model):
                    self._break(Unavailable(f"The model '{self.job.model}' has lost its workers."))
                    return
            self._break(DeadlineExceeded("The answer took longer than a request may."))
        finally:
            revoked.cancel()
            await asyncio.gather(revoked, return_exceptions=True)

    def _break(self, error: SluiceError) -> None:
        """Settles at once, so that a reader who has fallen asleep holds no worker."""
        self._incoming.fail(error)
        self._over()

    def _over(self) -> None:
        if not self._settled:
            self._settled = True
            self._settle(self)
