"""What is done to a job in hand must not reach the request's next attempt."""

from typing import cast

import msgspec

from services.inference.ports import Engine
from services.inference.usecases.runs import ClaimLost, Runs
from tests.unit.test_inference_pull import JOB, HeldTicket


class Aborting:
    def __init__(self) -> None:
        self.aborted: list[str] = []

    async def abort(self, request: str) -> None:
        self.aborted.append(request)


async def test_an_attempt_that_is_closed_is_not_aborted_in_its_successors_place() -> None:
    """A look at what is in hand takes time, and a worker may take over from itself meanwhile."""
    engine = Aborting()
    runs = Runs(cast("Engine", engine))
    first = runs.open(HeldTicket(JOB))
    runs.close(first)
    second = runs.open(HeldTicket(msgspec.structs.replace(JOB, attempt=2)))

    await runs.interrupt(first, ClaimLost())
    assert (engine.aborted, second.interruption) == ([], None)

    await runs.interrupt(second, ClaimLost())
    assert engine.aborted == [JOB.request]
    assert isinstance(second.interruption, ClaimLost)
