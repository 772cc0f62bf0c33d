"""Answers whose readers have gone, kept for a while since they may come back."""

import asyncio
import logging

from services.edge.ports.chat import Jobs
from services.edge.usecases.answers import AnswerStream, Parted
from shared.errors import Unavailable

log = logging.getLogger(__name__)

AGAIN_S = 1.0
"""An answer that nobody can be told about yet is looked at again after so long, until its deadline."""


class Keeper:
    """Reads on in the reader's place and throws away what comes: so the worker, should it die, is replaced, and a
    reader who returns finds the answer further on. Then lets it go: the worker cancels what nobody reads.
    """

    def __init__(self, jobs: Jobs, *, grace_s: float) -> None:
        self._jobs = jobs
        self._grace_s = grace_s
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, answer: AnswerStream, may_return: bool) -> None:
        task = asyncio.create_task(self._keep(answer, self._grace_s if may_return else 0.0))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """After the answers were parted from."""
        await asyncio.gather(*self._tasks)

    async def _keep(self, answer: AnswerStream, for_s: float) -> None:
        try:
            if for_s:
                await answer.discard(for_s)
            while not answer.is_over and not await self._let_go(answer):
                await answer.discard(AGAIN_S)
        except Parted:
            return  # another edge may be asked for it
        finally:
            await answer.close()

    async def _let_go(self, answer: AnswerStream) -> bool:
        """Tells its worker. While nobody has it there is none to tell: whoever asked cancels the job, unless
        somebody else waits for it, too; then it is told when it has begun.
        """
        job = answer.job
        try:
            if answer.held:
                await self._jobs.detach(job.request, job.stream)
            elif answer.resumed or await self._jobs.is_shared(job):
                return False
            else:
                await self._jobs.cancel(job.request)
        except Unavailable as error:
            log.warning("could not let an answer go, trying again: %s", error)
            return False
        answer.abandoned = False
        return True
