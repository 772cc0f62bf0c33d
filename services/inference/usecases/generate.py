"""From the engine to the readers: the answer's beginning, and then each step of it."""

import asyncio
from collections.abc import Callable, Iterable

from services.inference.domain import prompt
from services.inference.domain.attempts import Attempt
from services.inference.ports import Engine, Outbox, Output, Outputs, Pouring
from services.inference.usecases.runs import ClaimLost, Interruption, Moved, Run
from shared.errors import Cancelled, ContextLengthExceeded, EngineFailed, SluiceError, Unavailable, to_failure
from shared.messages import ChatJob, Delta


class GenerateAnswer:
    """`died` is called when an answer finds its engine dead."""

    def __init__(self, *, engine: Engine, outbox: Outbox, died: Callable[[], None]) -> None:
        self._engine = engine
        self._outbox = outbox
        self._died = died

    def open(self, run: Run, given: tuple[int, ...]) -> None:
        """The engine may begin; `stream` waits for it."""
        run.opening = asyncio.create_task(self._open(run, given))

    async def close(self, run: Run) -> None:
        if run.opening is not None:
            run.opening.cancel()
            await asyncio.gather(run.opening, return_exceptions=True)
            run.opening = None
        if run.outputs is not None:
            await run.outputs.aclose()
            run.outputs = None

    def say_whose(self, run: Run, fence: int) -> None:
        """Nothing yet, but from now on the reader can tell whether we live."""
        for inbox, stream in run.audience.readers:
            self._outbox.send(inbox, Delta(stream, fence, 0))

    async def stream(self, run: Run, attempt: Attempt) -> None:
        try:
            output, outputs = await self._opened(run)
            run.raise_if_interrupted()
            attempt.begin(output.replayed)
            take = self._taker(run, attempt)
            take(output)
            if isinstance(outputs, Pouring):
                await outputs.pour(take)
            else:
                async for output in outputs:
                    take(output)
            attempt.become("complete")
        except (SluiceError, ClaimLost, Moved) as error:
            _break_off(attempt, run.interruption or await self._reason(run, error))

    def _taker(self, run: Run, attempt: Attempt) -> Callable[[Output], None]:
        """The hot path: what stands in it is paid for each engine step of each stream."""
        add, send, readers, fence = attempt.add, self._outbox.send, run.audience.readers, attempt.fence

        def take(output: Output) -> None:
            ids, parts = output.ids, output.parts
            index = add(ids, parts, output.usage)
            for inbox, stream in readers:
                send(inbox, Delta(stream, fence, index, ids, parts))

        return take

    async def _opened(self, run: Run) -> tuple[Output, Outputs]:
        if run.opening is None:
            raise EngineFailed("The engine was not asked.")
        return await run.opening

    async def _open(self, run: Run, given: tuple[int, ...]) -> tuple[Output, Outputs]:
        """The stream and its first output. Passages go, from the end, until the prompt fits."""
        too_long: ContextLengthExceeded | None = None
        for job in self._renderings(run.ticket.job):
            run.raise_if_interrupted()
            outputs = run.outputs = self._engine.stream(job, given)
            try:
                return await outputs.__anext__(), outputs
            except ContextLengthExceeded as error:
                too_long = error
        raise too_long or EngineFailed("There was nothing to ask.")

    def _renderings(self, job: ChatJob) -> Iterable[ChatJob]:
        return prompt.fittings(job) if self._engine.instructed else (job,)

    async def _reason(self, run: Run, error: Interruption) -> Interruption:
        """A dead engine is not the answer's fault: another one goes on with it."""
        if not isinstance(error, EngineFailed):
            return error
        try:
            await self._engine.health()
        except Unavailable:
            return error
        except EngineFailed:
            self._died()
            run.interruption = run.interruption or Moved(has_died=True)
            return run.interruption
        return error


def _break_off(attempt: Attempt, why: Interruption) -> None:
    if isinstance(why, ClaimLost):
        attempt.become("lost")
    elif isinstance(why, Moved):
        attempt.become("moved")
    elif isinstance(why, Cancelled):
        attempt.become("cancelled", to_failure(why))
    else:
        attempt.become("failed", to_failure(why))
