"""One job, from its delivery to its end: claim, stream, settle.

The order is what keeps an answer from being shown or stored twice. Tokens may be made before the claim is
confirmed, but none leaves. At the end the claim is closed first, the event is stored next, then the reader is
told, and only then is the job gone from the queue: dying in between, at any point, repeats work and loses none.
"""

import asyncio
from collections.abc import Callable

from services.inference.domain import claiming, resuming
from services.inference.domain.attempts import Attempt
from services.inference.domain.room import Room
from services.inference.ports import Claim, Claims, Engine, Observer, Receivers, Ticket
from services.inference.usecases.generate import GenerateAnswer
from services.inference.usecases.lasting import lasting
from services.inference.usecases.runs import ClaimLost, Moved, Run, Runs
from services.inference.usecases.settle import SETTLE_S, SettleAnswers
from shared.errors import Cancelled, DeadlineExceeded, EngineFailed, SluiceError, Unavailable, to_failure


class ServeJobs:
    def __init__(
        self,
        *,
        runs: Runs,
        room: Room,
        engine: Engine,
        claims: Claims,
        receivers: Receivers,
        generate: GenerateAnswer,
        settle: SettleAnswers,
        observer: Observer,
        clock: Callable[[], float],
    ) -> None:
        self._runs = runs
        self._room = room
        self._engine = engine
        self._claims = claims
        self._receivers = receivers
        self._generate = generate
        self._settle = settle
        self._observer = observer
        self._clock = clock

    async def serve(self, ticket: Ticket, release: Callable[[], None]) -> None:
        """Calls `release` once, when the job needs no slot any more."""
        known = self._runs.find(ticket.job.request)
        if known is not None:
            release()
            await self._deliver_again(known, ticket)
            return
        run = self._runs.open(ticket)
        try:
            try:
                claim = await self._run(run)
            finally:
                release()
            if claim is not None:
                await self._settle.settle(run, claim)
        finally:
            self._runs.close(run)

    async def cancel(self, request: str) -> None:
        """Frees the slot at once; an unknown request is another worker's."""
        if (run := self._runs.find(request)) is not None:
            await self._runs.interrupt(run, Cancelled("The answer was stopped."))

    async def hand_over(self) -> None:
        """Another worker goes on with what can be moved, since this one has to go."""
        for run in self._runs:
            made = len(run.attempt.made) if run.attempt is not None else 0
            if resuming.can_be_moved(made, self._engine.resume):
                await self._runs.interrupt(run, Moved())

    async def stop(self) -> None:
        """Ends what is still running, since the worker has to go."""
        for run in self._runs:
            await self._runs.interrupt(run, Unavailable("The worker had to stop."))

    async def keep_alive(self) -> None:
        """Tells the queue that the jobs in hand are being worked on."""
        for run in self._runs:
            await run.ticket.in_progress()

    async def recheck(self) -> None:
        """After the bus was away: words of cancellation, or of another claimant, may have been missed."""
        for run in self._runs:
            if run.claim is None or run.attempt is None:
                continue
            standing = await self._claims.standing(run.claim)
            if standing == "cancelled":
                await self._runs.interrupt(run, Cancelled("The answer was stopped."))
            elif standing == "lost":
                await self._runs.interrupt(run, ClaimLost())

    async def _deliver_again(self, known: Run, ticket: Ticket) -> None:
        """The queue had not heard from us in time. The same attempt goes on, and is acked by its new delivery; one
        before it has been replaced."""
        attempt, ours = ticket.job.attempt, known.ticket.job.attempt
        if attempt == ours:
            known.ticket = ticket
        elif attempt < ours:
            await ticket.ack()
        else:
            await self._runs.interrupt(known, ClaimLost())
            await ticket.nak(delay_s=0.2)

    async def _run(self, run: Run) -> Claim | None:
        """Until the engine has nothing more to give. None: not ours to answer."""
        alone = run.ticket.job.engine_deaths >= claiming.ALONE_AFTER
        async with self._room.entered(alone=alone):
            if isinstance(run.interruption, Moved):
                await run.ticket.nak()
                return None
            try:
                return await self._claim_and_stream(run)
            finally:
                await self._generate.close(run)

    async def _claim_and_stream(self, run: Run) -> Claim | None:
        """A job that nobody has had before may begin while it is being claimed. Of another, its reader is asked first
        what it has."""
        ticket = run.ticket
        if ticket.deliveries == 1 and ticket.job.attempt == 1 and not self._refusal(run, (), 0):
            self._generate.open(run, ())
        claim = await lasting(lambda: self._claims.claim(run.ticket), for_s=SETTLE_S)
        if claim is None:
            await run.ticket.ack()
            return None
        if claim.found == "leave":
            return None
        run.claim = claim
        if claim.found == "close":
            await self._ask_readers(run, claim)
        elif claim.found != "adopt":
            with self._observer.serving(ticket) as span:
                attempt = await self._stream(run, claim)
                span.ended(attempt)
        return claim

    async def _stream(self, run: Run, claim: Claim) -> Attempt:
        self._generate.say_whose(run, claim.fence)
        job = run.ticket.job
        await self._ask_readers(run, claim)
        known = run.known
        fruitless = claiming.fruitless(job, known, claim.lapses)
        given = resuming.start_ids(job, known, self._engine.resume) or ()
        attempt = run.attempt = Attempt(job, claim.fence, given, known=len(known), fruitless=fruitless)
        if (refusal := self._refusal(run, known, fruitless)) is not None:
            attempt.become("failed", to_failure(refusal))
            return attempt
        if given or run.opening is None:
            await self._generate.close(run)
            self._generate.open(run, given)
        await self._generate.stream(run, attempt)
        return attempt

    async def _ask_readers(self, run: Run, claim: Claim) -> None:
        """Who reads it, and what they have. All are written to from the first token on: one that we learned of only
        by its `Attach` might be the last by then."""
        job = run.ticket.job
        run.known = job.resume_ids
        if claim.had_worker or run.ticket.deliveries > 1:
            await self._count_readers(run, claim)
        run.knows_readers = True
        if run.is_unread:
            await self._runs.interrupt(run, Cancelled("Nobody reads this answer any more."))

    async def _count_readers(self, run: Run, claim: Claim) -> None:
        job = run.ticket.job
        told = await self._receivers.shown(job, claim.fence)
        now = asyncio.get_running_loop().time()
        for inbox, shown in told.items():
            if shown.streams or not shown.known:  # a client of its own making may not say
                run.audience.settle(inbox, shown.streams, now)
        word = resuming.furthest(told.values())
        run.known = resuming.known_ids(job, word)
        run.is_unsure = word is None and claim.lapses > 0

    def _refusal(self, run: Run, known: tuple[int, ...], fruitless: int) -> SluiceError | None:
        job = run.ticket.job
        if fruitless >= claiming.MAX_FRUITLESS:
            run.is_poison = True
            return EngineFailed("No worker could answer this.")
        if claiming.expired(job, known, self._clock()):
            return DeadlineExceeded("The answer came too late: no worker was free in time.")
        if resuming.start_ids(job, known, self._engine.resume) is None:
            return Unavailable("The answer broke off, and its engine cannot go on with it.")
        return None
