"""The mailbox between an engine and its reader: iterated, or poured."""

import asyncio

import pytest

from services.inference.adapters.mailbox import Mailbox
from services.inference.ports import Output
from shared.errors import Cancelled


def outputs(*numbers: int) -> list[Output]:
    return [Output((number,)) for number in numbers]


class Reader:
    def __init__(self) -> None:
        self.taken: list[Output] = []
        self.left = 0
        self.mailbox = Mailbox(self._leave)

    def _leave(self) -> None:
        self.left += 1
        self.mailbox.close()  # as engines do

    async def pouring(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self.mailbox.pour(self.taken.append))
        await asyncio.sleep(0)
        return task


async def test_what_waits_is_poured_first_and_the_rest_in_the_call_that_brings_it() -> None:
    reader = Reader()
    assert [reader.mailbox.put(output) for output in outputs(1, 2)] == [1, 2]
    task = await reader.pouring()
    assert reader.taken == outputs(1, 2)
    assert reader.mailbox.put(Output((3,))) == 0
    assert reader.taken == outputs(1, 2, 3)
    reader.mailbox.close()
    await task
    assert reader.left == 0


async def test_an_end_that_came_before_the_reader() -> None:
    reader = Reader()
    reader.mailbox.put(Output((1,)))
    reader.mailbox.close(Cancelled("x"))
    with pytest.raises(Cancelled):
        await reader.mailbox.pour(reader.taken.append)
    assert reader.taken == outputs(1)


async def test_a_reader_that_fails_is_told_and_leaves_the_engine_whole() -> None:
    reader = Reader()

    def fail(_: Output) -> None:
        raise ZeroDivisionError

    task = asyncio.create_task(reader.mailbox.pour(fail))
    await asyncio.sleep(0)
    reader.mailbox.put(Output((1,)))
    with pytest.raises(ZeroDivisionError):
        await task
    assert reader.left == 1


async def test_cancelling_who_pours_leaves() -> None:
    reader = Reader()
    task = await reader.pouring()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert reader.left == 1
    assert reader.mailbox.put(Output((1,))) == 1
    assert not reader.taken


@pytest.mark.parametrize("is_poured", [False, True])
async def test_whoever_fills_it_learns_when_it_is_empty(is_poured: bool) -> None:
    reader, emptied = Reader(), list[int]()
    reader.mailbox.put(Output((1,)))
    reader.mailbox.when_taken(lambda: emptied.append(1))
    if is_poured:
        (await reader.pouring()).cancel()
    else:
        await reader.mailbox.__anext__()
    assert emptied == [1]
