"""Looks after those who read: who comes, who goes, who has died; and lets each know that we have not."""

import asyncio
from collections.abc import Awaitable, Callable

from services.inference.domain import claiming
from services.inference.domain.audience import Leases
from services.inference.domain.tape import Tape
from services.inference.domain.tapes import Tapes
from services.inference.ports import Claim, Outbox
from services.inference.usecases.runs import ClaimLost, Run, Runs
from shared.errors import Cancelled
from shared.messages import Attach, Delta, Detach, Lease

SWEEP_S = 1.0
BEAT = Delta(0, 0, 0)
"""For stream 0, which is nobody's. Whoever is written to once in a while hears from us all the time (the writer sees
to that), also while an answer is read in or the engine pauses."""


class AttendReaders:
    """`listening` says whether words of receivers reach us now; `stalled` is called when we have slept, and others
    may have taken us for dead."""

    def __init__(
        self,
        *,
        runs: Runs,
        tapes: Tapes,
        outbox: Outbox,
        listening: Callable[[], Awaitable[bool]],
        stalled: Callable[[], Awaitable[None]],
    ) -> None:
        self._runs = runs
        self._tapes = tapes
        self._outbox = outbox
        self._listening = listening
        self._stalled = stalled
        self._leases = Leases()

    async def attach(self, message: Attach) -> None:
        """Answered at once, without a pause in which a live delta could come between."""
        run = self._runs.find(message.request)
        attempt = run.attempt if run is not None else None
        if run is not None and attempt is not None:
            if claiming.replaced(attempt.fence, message.fence):
                await self._runs.interrupt(run, ClaimLost())
            elif attempt.state != "lost" and not isinstance(run.interruption, ClaimLost):
                self._replay(attempt.tape, message)
                run.audience.add(message.inbox, message.stream, _now())
        elif run is not None and run.claim is not None:
            self._say_whose(run, run.claim, message)
        elif (tape := self._tapes.find(message.request)) and not claiming.replaced(tape.fence, message.fence):
            self._replay(tape, message)

    async def detach(self, message: Detach) -> None:
        if (run := self._runs.find(message.request)) is not None:
            run.audience.remove(message.inbox, message.stream)
            await self._cancel_unread(run)

    def lease(self, message: Lease) -> None:
        self._leases.hear(message.inbox, _now())

    async def run(self) -> None:
        while True:
            slept_at = _now()
            await asyncio.sleep(SWEEP_S)
            now = _now()
            is_late = now - slept_at > 2 * SWEEP_S
            if is_late or not await self._listening():
                self._leases.renew(now)
            if is_late:
                await self._stalled()
            await self._sweep(now)

    async def _sweep(self, now: float) -> None:
        self._leases.forget_old(now)
        for run in self._runs:
            run.audience.lapse(self._leases, now)
            await self._cancel_unread(run)
        for inbox in {inbox for run in self._runs if run.claim for inbox, _ in run.audience.readers}:
            self._outbox.send(inbox, BEAT)
        running = (run.attempt.tape.bytes for run in self._runs if run.attempt is not None)
        self._tapes.trim(now, sum(running))

    async def _cancel_unread(self, run: Run) -> None:
        if run.is_unread and run.interruption is None:
            await self._runs.interrupt(run, Cancelled("Nobody reads this answer any more."))

    def _say_whose(self, run: Run, claim: Claim, message: Attach) -> None:
        """It is being asked what it has: the very moment at which it wants to know whether we are there. Of others we
        do not know yet whether they read it, so they ask again."""
        reader = (message.inbox, message.stream)
        if reader in run.audience.readers and not claiming.replaced(claim.fence, message.fence):
            self._outbox.send(message.inbox, Delta(message.stream, claim.fence, message.from_index))

    def _replay(self, tape: Tape, message: Attach) -> None:
        for delta in tape.replay(message.stream, message.from_index):
            self._outbox.send(message.inbox, delta)


def _now() -> float:
    return asyncio.get_running_loop().time()
