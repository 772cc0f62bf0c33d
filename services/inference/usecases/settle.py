"""How an answer ends: stored, told, off the queue, in this order. Or how it is left to the next worker."""

import asyncio
from collections.abc import Callable
from functools import partial

import msgspec

from services.inference.domain import claiming, resuming
from services.inference.domain.attempts import Attempt
from services.inference.domain.ending import ending_of
from services.inference.domain.tape import Tape, tape_of
from services.inference.domain.tapes import Tapes
from services.inference.ports import Claim, Claims, Engine, Journal, Observer, Outbox, Queue
from services.inference.usecases.lasting import lasting
from services.inference.usecases.runs import Moved, Run, Runs
from shared.errors import Cancelled, EngineFailed, SluiceError, Unavailable, to_failure
from shared.messages import Delta, End, Failure, Part, Usage

SETTLE_S = 60.0
"""How long a finished answer waits for the bus to come back before it is given up, to be made again."""


class SettleAnswers:
    def __init__(
        self,
        *,
        runs: Runs,
        tapes: Tapes,
        engine: Engine,
        queue: Queue,
        claims: Claims,
        journal: Journal,
        outbox: Outbox,
        observer: Observer,
        clock: Callable[[], float],
    ) -> None:
        self._runs = runs
        self._tapes = tapes
        self._engine = engine
        self._queue = queue
        self._claims = claims
        self._journal = journal
        self._outbox = outbox
        self._observer = observer
        self._clock = clock

    async def settle(self, run: Run, claim: Claim) -> None:
        attempt = run.attempt
        if claim.found == "close":
            await self._close(run, claim)
        elif attempt is None:
            await self._adopt(run, claim)
        elif attempt.state != "moved" or not await self._move(run, claim, attempt):
            await self._finish(run, claim, attempt)

    async def _finish(self, run: Run, claim: Claim, attempt: Attempt) -> None:
        """Closing the claim comes first: until then others may have a say, afterwards they take our word."""
        if attempt.state == "lost":
            return
        await self._recall(run, attempt)
        whole = attempt.whole()
        standing = await lasting(partial(self._claims.finishing, claim, whole), for_s=SETTLE_S)
        if standing == "lost":
            attempt.become("lost")
            self._observer.note("claim.lost", request=run.request)
            return
        if standing == "cancelled" and run.is_unsure:
            await self._leave_to_next(run, claim, attempt.made)
            return
        if standing == "cancelled" and attempt.state != "cancelled":
            attempt.become("cancelled", _stopped())
            whole = attempt.whole()
        tape = attempt.tape
        await self._store(run, claim, whole)
        tape.end = whole.end
        await self._tell(run, tape, len(tape.ids))
        if standing == "held":
            await lasting(partial(self._claims.done, claim), for_s=SETTLE_S)

    async def _adopt(self, run: Run, claim: Claim) -> None:
        """Another worker has made this answer and died over telling it."""
        whole = claim.live.answer
        if whole is None:
            raise EngineFailed("There was no answer to adopt.")
        await self._store(run, claim, whole)
        await self._tell(run, tape_of(whole, claim.fence), 0)
        await lasting(partial(self._claims.done, claim), for_s=SETTLE_S)
        self._observer.note("answer.adopted", request=run.request)

    async def _close(self, run: Run, claim: Claim) -> None:
        """It was cancelled, and its worker did not live to say so."""
        if run.is_unsure:
            await self._leave_to_next(run, claim, run.known)
            return
        tape = Tape(claim.fence)
        tape.add(run.known, await self._said(run))
        tape.end = End(Usage(0, len(run.known)), _stopped())
        await self._store(run, claim, tape.whole(run.ticket.job.stream, tape.end))
        await self._tell(run, tape, len(run.known))

    async def _leave_to_next(self, run: Run, claim: Claim, ids: tuple[int, ...]) -> None:
        """It was stopped, its worker has died, and no reader is left to ask. One that found that out has published the
        next attempt, which knows what was shown; otherwise we do, and know no better."""
        job = msgspec.structs.replace(
            run.ticket.job,
            attempt=claim.live.attempt + 1,
            resume_ids=ids,
            previous_sequence=run.ticket.sequence,
        )
        await lasting(partial(self._queue.pass_on, job), for_s=SETTLE_S)
        await lasting(partial(_take_off, run), for_s=SETTLE_S)

    async def _recall(self, run: Run, attempt: Attempt) -> None:
        """What was shown is stored, also when this attempt breaks off before it has said that much itself."""
        broke_off = attempt.state in ("cancelled", "failed")
        if broke_off and len(run.known) > len(attempt.tape.ids):
            attempt.recall(run.known, await self._said(run))

    async def _said(self, run: Run) -> tuple[Part, ...]:
        """Of several choices the ids are interleaved; they are no conversation's, whose answer would be kept."""
        job = run.ticket.job
        if job.sampling.n > 1 or not run.known:
            return ()
        try:
            return await self._engine.said(job, run.known)
        except EngineFailed as error:  # it has died, and with it what knows the words
            self._observer.note("answer.text_unknown", request=run.request, reason=error.message)
            return ()

    async def _store(self, run: Run, claim: Claim, whole: Delta) -> None:
        job = run.ticket.job
        ending = ending_of(whole, job.sampling.n)
        await lasting(partial(self._journal.ended, job, claim, ending), for_s=SETTLE_S)
        if run.is_poison and ending.failure is not None:
            await lasting(partial(self._journal.buried, job, ending.failure), for_s=SETTLE_S)
            self._observer.note("job.buried", request=run.request, fruitless=job.fruitless)

    async def _tell(self, run: Run, tape: Tape, from_index: int) -> None:
        for inbox, stream in run.audience.readers:
            for delta in tape.replay(stream, from_index):
                self._outbox.send(inbox, delta)
        self._tapes.keep(run.request, tape, asyncio.get_running_loop().time())
        self._runs.finished += 1
        await lasting(partial(_take_off, run), for_s=SETTLE_S)

    async def _move(self, run: Run, claim: Claim, attempt: Attempt) -> bool:
        """False: it ends here after all."""
        standing = await lasting(partial(self._claims.standing, claim), for_s=SETTLE_S)
        if standing != "held":
            is_lost = standing == "lost"
            attempt.become("lost" if is_lost else "cancelled", None if is_lost else _stopped())
            return False
        why, engine = run.interruption, self._engine.resume
        has_died = isinstance(why, Moved) and why.has_died
        next_job = resuming.next_attempt(
            attempt, sequence=run.ticket.sequence, engine=engine, has_died=has_died, now=self._clock()
        )
        if next_job.fruitless >= claiming.MAX_FRUITLESS:
            run.is_poison = True
            attempt.become("failed", to_failure(EngineFailed("No worker could answer this.")))
            return False
        try:
            if not resuming.can_be_moved(len(attempt.made), engine):
                raise Unavailable("The worker had to stop.")
            await lasting(partial(self._queue.pass_on, next_job), for_s=SETTLE_S)
        except SluiceError as error:
            self._observer.note("answer.not_moved", request=run.request, reason=error.message)
            attempt.become("failed", to_failure(Unavailable("The worker had to stop.")))
            return False
        self._send_away(run, attempt)
        await lasting(partial(_take_off, run), for_s=SETTLE_S)
        self._observer.note("answer.moved", request=run.request, ids=len(next_job.resume_ids))
        return True

    def _send_away(self, run: Run, attempt: Attempt) -> None:
        """The next worker knows the reader that its job names. The others learn by a gap that there is more than
        comes from here, and ask for it."""
        job = run.ticket.job
        for inbox, stream in run.audience.readers:
            if (inbox, stream) != (job.inbox, job.stream):
                self._outbox.send(inbox, Delta(stream, attempt.fence, len(attempt.made) + 1))


async def _take_off(run: Run) -> None:
    """By the newest delivery: a queue that has lost its memory does not answer to an older one's ack."""
    await run.ticket.ack()


def _stopped() -> Failure:
    return to_failure(Cancelled("The answer was stopped."))
