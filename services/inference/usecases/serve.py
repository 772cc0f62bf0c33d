"""One job, from its delivery to its end: claim, stream, finish.

The order is what keeps an answer from being shown or stored twice. Tokens may be made before the claim is
confirmed, but none leaves. At the end the claim is closed first, the event is stored next, then the reader is
told, and only then is the job gone from the queue: dying in between, at any point, repeats work and loses none.
"""

import asyncio
from collections.abc import Callable, Iterable

from services.inference.domain import claiming, prompt
from services.inference.domain.attempts import Attempt
from services.inference.ports import Claim, Claims, Engine, Journal, Observer, Outbox, Output, Outputs, Ticket
from services.inference.usecases.lasting import lasting
from services.inference.usecases.runs import ClaimLost, Interruption, Run
from shared.errors import (
    Cancelled,
    ContextLengthExceeded,
    DeadlineExceeded,
    EngineFailed,
    SluiceError,
    Unavailable,
    to_failure,
)
from shared.messages import ChatJob

SETTLE_S = 60.0
"""How long a finished answer waits for the bus to come back before it is given up, to be made again."""


class ServeJobs:
    def __init__(
        self,
        *,
        engine: Engine,
        claims: Claims,
        outbox: Outbox,
        journal: Journal,
        observer: Observer,
        clock: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._claims = claims
        self._outbox = outbox
        self._journal = journal
        self._observer = observer
        self._clock = clock
        self._runs: dict[str, Run] = {}

    async def serve(self, ticket: Ticket, release: Callable[[], None]) -> None:
        """Calls `release` once, when the job needs no slot any more."""
        known = self._runs.get(ticket.job.request)
        if known is not None:
            release()
            await self._deliver_again(known, ticket)
            return
        run = self._runs[ticket.job.request] = Run(ticket)
        try:
            try:
                held = await self._run(run)
            finally:
                release()
            if held is not None:
                await self._settle(run, *held)
        finally:
            del self._runs[run.request]

    async def cancel(self, request: str) -> None:
        """Frees the slot at once; an unknown request is another worker's."""
        if (run := self._runs.get(request)) is not None:
            await self._interrupt(run, Cancelled("The answer was stopped."))

    async def stop(self) -> None:
        """Ends what is still running, since the worker has to go."""
        for run in list(self._runs.values()):
            await self._interrupt(run, Unavailable("The worker had to stop."))

    async def keep_alive(self) -> None:
        """Tells the queue that the jobs in hand are being worked on."""
        for run in list(self._runs.values()):
            await run.ticket.in_progress()

    async def recheck(self) -> None:
        """After the bus was away: words of cancellation, or of another claimant, may have been missed."""
        for run in list(self._runs.values()):
            if run.claim is None:
                continue
            standing = await self._claims.standing(run.claim)
            if standing == "cancelled":
                await self._interrupt(run, Cancelled("The answer was stopped."))
            elif standing == "lost":
                await self._interrupt(run, ClaimLost())

    async def _deliver_again(self, known: Run, ticket: Ticket) -> None:
        """The queue had not heard from us in time. The same attempt goes on, and is acked by its new delivery."""
        if ticket.job.attempt <= known.ticket.job.attempt:
            known.ticket = ticket
            return
        await self._interrupt(known, ClaimLost())
        await ticket.nak(delay_s=0.2)

    async def _interrupt(self, run: Run, why: Interruption) -> None:
        run.interruption = why
        await self._engine.abort(run.request)

    async def _run(self, run: Run) -> tuple[Claim, Attempt] | None:
        """Until the engine has nothing more to give. None: not ours to answer."""
        refusal = self._refusal(run.ticket)
        opening = asyncio.create_task(self._open(run, refusal))
        try:
            claim = await lasting(lambda: self._claims.claim(run.ticket), for_s=SETTLE_S)
            if claim is None:
                await run.ticket.ack()
                return None
            attempt = Attempt(run.ticket.job, claim.fence)
            run.claim, run.attempt = claim, attempt
            with self._observer.serving(run.ticket) as span:
                await self._stream(run, attempt, opening)
                span.ended(attempt)
            return claim, attempt
        finally:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            if run.outputs is not None:
                await run.outputs.aclose()

    def _refusal(self, ticket: Ticket) -> SluiceError | None:
        if claiming.poisonous(ticket.job, ticket.deliveries):
            return EngineFailed("No worker could answer this.")
        if claiming.expired(ticket.job, self._clock()):
            return DeadlineExceeded("The answer came too late: no worker was free in time.")
        return None

    async def _open(self, run: Run, refusal: SluiceError | None) -> tuple[Output, Outputs]:
        """The stream and its first output. Passages go, from the end, until the prompt fits."""
        if refusal is not None:
            raise refusal
        too_long: ContextLengthExceeded | None = None
        for job in self._renderings(run.ticket.job):
            run.raise_if_interrupted()
            outputs = run.outputs = self._engine.stream(job, job.resume_ids)
            try:
                return await outputs.__anext__(), outputs
            except ContextLengthExceeded as error:
                too_long = error
        raise too_long or EngineFailed("There was nothing to ask.")

    def _renderings(self, job: ChatJob) -> Iterable[ChatJob]:
        return prompt.fittings(job) if self._engine.instructed else (job,)

    async def _stream(
        self, run: Run, attempt: Attempt, opening: "asyncio.Task[tuple[Output, Outputs]]"
    ) -> None:
        """The hot path: what stands in the loop is paid for each engine step of each stream."""
        inbox, send = attempt.job.inbox, self._outbox.send
        try:
            output, outputs = await opening
            run.raise_if_interrupted()
            attempt.begin(output.replayed)
            send(inbox, attempt.delta(output.ids, output.parts, output.usage))
            async for output in outputs:
                send(inbox, attempt.delta(output.ids, output.parts, output.usage))
            attempt.become("complete")
        except (SluiceError, ClaimLost) as error:
            self._break_off(attempt, run.interruption or error)

    def _break_off(self, attempt: Attempt, why: Interruption) -> None:
        if isinstance(why, ClaimLost):
            attempt.become("lost")
        elif isinstance(why, Cancelled):
            attempt.become("cancelled", to_failure(why))
        else:
            attempt.become("failed", to_failure(why))

    async def _settle(self, run: Run, claim: Claim, attempt: Attempt) -> None:
        if attempt.state == "lost":
            return
        standing = await lasting(lambda: self._claims.finishing(claim), for_s=SETTLE_S)
        if standing == "lost":
            attempt.become("lost")
            self._observer.note("claim.lost", request=run.request)
            return
        if standing == "cancelled" and attempt.state != "cancelled":
            attempt.become("cancelled", to_failure(Cancelled("The answer was stopped.")))
        await lasting(lambda: self._journal.ended(attempt, claim), for_s=SETTLE_S)
        self._outbox.send(attempt.job.inbox, attempt.end())
        await lasting(lambda: self._take_off(run), for_s=SETTLE_S)
        if standing == "held":
            await lasting(lambda: self._claims.done(claim), for_s=SETTLE_S)

    async def _take_off(self, run: Run) -> None:
        """By the newest delivery: a queue that has lost its memory does not answer to an older one's ack."""
        ticket = run.ticket
        if claiming.poisonous(ticket.job, ticket.deliveries):
            await ticket.term()
        else:
            await ticket.ack()
