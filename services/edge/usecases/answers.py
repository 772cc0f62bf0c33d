"""An answer on its way to a reader, until it ends or nobody wants it any more."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from services.edge.domain.chat import Notice
from services.edge.domain.identity import Principal
from services.edge.domain.parts import MessagePart
from services.edge.ports.chat import Incoming, Write
from services.edge.ports.identity import Sessions
from shared.errors import Cancelled, DeadlineExceeded, SluiceError, Unauthorized, from_failure, to_failure
from shared.messages import ChatJob, Delta, End, Failure, Piece, Started, Usage, end_of, parts_of

Settle = Callable[["AnswerStream"], None]
Keep = Callable[["AnswerStream", bool], None]


class Parted(Exception):
    """This edge has to go, and the answer is written on: its reader finds it at another edge."""


class AnswerStream:
    """Iterate over it for lists of pieces, or `pour` it; the last one has an `end`, also when the answer fails midway.

    `leave` it in every case. `settle` is called once, when it is over in whatever way. Of a `resumed` answer, which
    somebody else asked for or this one before, the job has no messages.
    """

    def __init__(
        self,
        job: ChatJob,
        incoming: Incoming,
        notices: tuple[Notice, ...],
        settle: Settle,
        keep: Keep | None = None,
        *,
        resumed: bool = False,
    ) -> None:
        self.job = job
        self.notices = notices
        self.resumed = resumed
        self.goes_on = False
        """Its reader has its beginning: calls have had their results since."""
        self.beginning: tuple[MessagePart, ...] = ()
        """Of an answer that goes on, for a reader who has come back."""
        self.end: End | None = None
        self.broken: Failure | None = None
        """Why we gave it up."""
        self.abandoned = True
        """Over without a word from its worker, which may still be at it, and has to be told."""
        self.is_over = False
        self._incoming = incoming
        self._settle = settle
        self._keep = keep
        self._parted = False
        self._peeked: asyncio.Task[list[Piece]] | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def held(self) -> bool:
        """Some worker has it; otherwise it waits for one."""
        return bool(self._incoming.worker)

    @property
    def choices(self) -> int:
        return self.job.sampling.n

    @property
    def known(self) -> int:
        """How many of its tokens have come."""
        return self._incoming.known

    def watch(self, principal: Principal, sessions: Sessions) -> None:
        """It ends when the principal is revoked, or its deadline passes."""
        self._watching = asyncio.create_task(self._watch(principal, sessions))

    async def first(self, timeout_s: float | None = None) -> None:
        """Waits for the first pieces, and leaves them to be iterated over.

        Raises the error of an answer that failed before it had any content, unless it was stopped. Returns without
        a word after `timeout_s`: the job still waits for its turn.
        """
        if self._peeked is None:
            self._peeked = asyncio.create_task(self._read())
        done, _ = await asyncio.wait({self._peeked}, timeout=timeout_s)
        if not done:
            return
        pieces = self._peeked.result()
        failure = self.end.failure if self.end is not None else None
        if failure is None or failure.code == Cancelled.code:
            return
        if all(isinstance(part, Started) for part in parts_of(pieces)):
            raise from_failure(failure)

    def __aiter__(self) -> "AnswerStream":
        return self

    def __anext__(self) -> Awaitable[list[Piece]]:
        """Not a coroutine itself: once for each batch of each answer, one less counts."""
        return self._read() if self._peeked is None and self.end is None else self._peeked_or_over()

    async def pour(self, write: Write) -> None:
        """All of it into `write`; most in the call that brings it, without waking a task."""
        async for pieces in self:
            if (full := write(pieces)) is not None:
                await full
            while self.end is None and (full := await self._incoming.pour(write)) is not None:
                await full

    async def leave(self, *, may_return: bool = False) -> None:
        """Its reader has gone. One who `may_return` has the answer kept for a while; for others, and at the end of
        that, it is cancelled unless somebody else reads it. The first step comes before any wait: whoever leaves may
        be in a hurry, and be cancelled at this, too.
        """
        if self._keep is None or self.is_over:
            await self.close()
        else:
            self._keep(self, may_return)

    async def close(self) -> None:
        """Ends it here."""
        self._incoming.close()
        self._over()
        tasks = [task for task in (self._peeked, self._watching) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def discard(self, for_s: float) -> None:
        """Follows it without a reader until it ends, or for so long."""
        try:
            async with asyncio.timeout(for_s):
                async for _ in self:
                    pass
        except TimeoutError:
            return

    def give_up(self, error: SluiceError) -> None:
        """Settles at once, so that a reader who has fallen asleep holds no worker."""
        self.broken = to_failure(error)
        self._incoming.fail(error)
        self._over()

    def part(self) -> None:
        """Whoever reads it gets `Parted`, and its worker goes on."""
        self._parted, self.abandoned = True, False
        self.give_up(Cancelled("The service is stopping."))

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
        if (end := end_of(pieces)) is not None:
            self._ended(end)
        return pieces

    def _broken_off(self, error: SluiceError) -> list[Piece]:
        if self._parted:
            raise Parted from error
        self.end = End(Usage(), to_failure(error))
        self._over()
        return [Delta(self._incoming.number, 0, 0, end=self.end)]

    def _ended(self, end: End) -> None:
        self.end = end
        self.abandoned = False
        self._over()

    async def _watch(self, principal: Principal, sessions: Sessions) -> None:
        revoked = asyncio.create_task(sessions.until_revoked(principal))
        try:
            done, _ = await asyncio.wait({revoked}, timeout=max(0.0, self.job.deadline - time.time()))
            if done:
                self.give_up(Unauthorized("Your access was taken back."))
            else:
                self.give_up(DeadlineExceeded("The answer took longer than a request may."))
        finally:
            revoked.cancel()
            await asyncio.gather(revoked, return_exceptions=True)

    def _over(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._settle(self)
