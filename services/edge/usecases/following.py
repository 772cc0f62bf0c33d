"""The answers that this edge follows: watched over, kept for readers who come back, settled at their end."""

import asyncio
from collections import defaultdict

from services.edge.domain.chat import Notice
from services.edge.domain.identity import Principal
from services.edge.ports.chat import Incoming, Jobs, Workers
from services.edge.ports.identity import Sessions
from services.edge.usecases.admission import Admission
from services.edge.usecases.answers import AnswerStream
from services.edge.usecases.keeping import Keeper
from services.edge.usecases.settlement import Settlement
from shared.errors import Cancelled, Unavailable
from shared.messages import ChatJob, End, Failure, Usage

LOOK_S = 1.0
"""How often an answer that nobody has asks whether its model still has workers. One look for all: a timer for each
of ten thousand streams would cost a sixth of a core."""
READER_GONE = Failure(Cancelled.code, "Its reader has gone.")


class Following:
    """`close` it with the process."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        workers: Workers,
        sessions: Sessions,
        settlement: Settlement,
        grace_s: float,
        worker_return_s: float,
    ) -> None:
        self._jobs = jobs
        self._workers = workers
        self._sessions = sessions
        self._settlement = settlement
        self._keeper = Keeper(jobs, grace_s=grace_s)
        self._worker_return_s = worker_return_s
        self._answers: defaultdict[str, list[AnswerStream]] = defaultdict(list)
        self._looking: asyncio.Task[None] | None = None

    def follow(
        self,
        principal: Principal,
        job: ChatJob,
        incoming: Incoming,
        notices: tuple[Notice, ...],
        admission: Admission,
        *,
        resumed: bool = False,
    ) -> AnswerStream:
        """The principal has entered by `admission`, and leaves when the answer is over."""

        def settle(answer: AnswerStream) -> None:
            admission.leave(principal.user)
            self._settle(answer)

        keep = self._keeper.keep if job.chat else None
        answer = AnswerStream(job, incoming, notices, settle, keep, resumed=resumed)
        answer.watch(principal, self._sessions)
        self._answers[job.request].append(answer)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return answer

    def stopped(self, request: str) -> None:
        """Somebody stopped it. What a worker has, that worker ends, with all there was. What waits ends here, unless
        some of it was shown: its stream is asked for what to store, and finds out by itself if nobody does."""
        for answer in list(self._answers.get(request, ())):
            if not answer.held and not answer.known:
                answer.abandoned = False
                answer.give_up(Cancelled("The answer was stopped."))

    def part(self) -> None:
        """This edge has to go: answers that can be read at another one are left to their workers."""
        for answers in list(self._answers.values()):
            for answer in [answer for answer in answers if answer.job.chat]:
                answer.part()

    async def close(self) -> None:
        """Waits for what is left to do about answers that are over."""
        self.part()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._keeper.close()
        await self._settlement.close()

    def _settle(self, answer: AnswerStream) -> None:
        answers = self._answers[answer.job.request]
        answers.remove(answer)
        if not answers:
            del self._answers[answer.job.request]
        if answer.resumed:
            if answer.abandoned:
                self._settlement.unread(answer.job)
        elif answer.broken is not None and not answer.held and answer.broken.code != Cancelled.code:
            self._settlement.refused(answer.job, answer.broken)
        else:
            end = answer.end or End(Usage(), answer.broken or READER_GONE)
            self._settlement.over(answer.job, end, abandoned=answer.abandoned)

    async def _look(self) -> None:
        """An answer that has not begun is better asked for again. One that has waits: its only worker may have been
        paused, or is being started again."""
        unserved_since: dict[str, float] = {}
        while self._answers:
            await asyncio.sleep(LOOK_S)
            now = asyncio.get_running_loop().time()
            waiting = [answer for answers in self._answers.values() for answer in answers if not answer.held]
            models = {answer.job.model for answer in waiting}
            unserved_since = {
                model: unserved_since.get(model, now) for model in models if not self._workers.serves(model)
            }
            for answer in waiting:
                since = unserved_since.get(answer.job.model)
                if since is not None and (not answer.known or now - since >= self._worker_return_s):
                    answer.give_up(Unavailable(f"The model '{answer.job.model}' has lost its workers."))
