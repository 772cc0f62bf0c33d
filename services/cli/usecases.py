"""Running a batch: many lines at once, results in the input's order, one outage survived."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator

from services.cli.domain import Completion, JobLine, ResultLine, answered, refused
from services.cli.ports import Answers
from shared.errors import SluiceError, Unavailable

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0


class Batch:
    """`concurrency` lines run at once; results wait for their predecessors, at most four times as many."""

    def __init__(self, answers: Answers, *, concurrency: int, patience_s: float) -> None:
        self._answers = answers
        self._slots = asyncio.Semaphore(concurrency)
        self._window = 4 * concurrency
        self._patience_s = patience_s

    async def run(self, lines: Iterator[JobLine]) -> AsyncGenerator[ResultLine]:
        """A result a line, in order. Raises `Unavailable` when an outage outlasts `patience_s`.

        Closing it cancels what runs.
        """
        running: deque[asyncio.Task[ResultLine]] = deque()
        try:
            while True:
                while len(running) < self._window and (line := next(lines, None)) is not None:
                    running.append(asyncio.create_task(self._one(line), name=f"batch-{line.id}"))
                if not running:
                    return
                await asyncio.wait(
                    (running[0],)
                )  # awaited itself, it would be cancelled alone, and a waiting one begin
                yield running.popleft().result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _one(self, line: JobLine) -> ResultLine:
        async with self._slots:
            try:
                return answered(line, await self._persistently(line))
            except Unavailable:
                raise
            except SluiceError as error:
                return refused(line, error)

    async def _persistently(self, line: JobLine) -> Completion:
        """A job that was refused or lost for want of a part is asked again, until the patience is used up."""
        give_up = time.monotonic() + self._patience_s
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return await self._answers.complete(line)
            except Unavailable as error:
                pause_s = max(pause_s, error.retry_after_s or 0.0)
                if time.monotonic() + pause_s > give_up:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
