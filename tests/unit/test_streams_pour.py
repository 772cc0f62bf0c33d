"""Tokens handed to whoever writes them in the call that brings them, and what that must not change."""

import asyncio
from collections.abc import Awaitable

import msgspec
import pytest

from shared.errors import Unavailable
from shared.messages import Delta, End, Frame, Piece, Started, Usage, end_of
from shared.streams import Incoming, Receiver

FENCE = 7


class Paper:
    """Keeps what is written; `full`, if set, has to be awaited before there may be more."""

    def __init__(self) -> None:
        self.batches: list[list[Piece]] = []
        self.full: asyncio.Future[None] | None = None

    def write(self, pieces: list[Piece]) -> Awaitable[None] | None:
        self.batches.append(pieces)
        return self.full


class Worker:
    """Sends frames, as one call each."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._sequence = 0
        self._index = 0

    async def begin(self, *streams: Incoming) -> None:
        started = Started("w", "m", 1, 5)
        await self.send(deltas=[Delta(one.number, FENCE, 0, (), (started,)) for one in streams])

    async def say(self, text: str, *streams: Incoming) -> None:
        numbers = [one.number for one in streams]
        count = len(numbers)
        await self.send(numbers, [FENCE] * count, [self._index] * count, [1] * count, [text] * count)
        self._index += 1

    async def end(self, *streams: Incoming) -> None:
        await self.send(deltas=[Delta(one.number, FENCE, self._index, end=End(Usage())) for one in streams])

    async def send(self, *columns: list[int] | list[str], deltas: list[Delta] | None = None) -> None:
        self._sequence += 1
        rows = columns or ([], [], [], [], [])
        frame = ["w", self._sequence, *rows, deltas or []]
        self._receiver.receive([msgspec.msgpack.encode(frame)])
        await asyncio.sleep(0)


async def pouring(incoming: Incoming, paper: Paper) -> "asyncio.Task[Awaitable[None] | None]":
    task = asyncio.create_task(incoming.pour(paper.write))
    await asyncio.sleep(0)
    return task


@pytest.fixture
def receiver() -> Receiver:
    return Receiver(inbox="i")


async def begun(receiver: Receiver, count: int) -> tuple[Worker, list[Incoming]]:
    streams = [receiver.open(f"r{number}") for number in range(count)]
    worker = Worker(receiver)
    await worker.begin(*streams)
    for one in streams:
        await one.next()
    return worker, streams


async def test_a_token_is_written_before_anybody_is_woken(receiver: Receiver) -> None:
    worker, (one, other) = await begun(receiver, 2)
    papers = [Paper(), Paper()]
    tasks = [await pouring(one, papers[0]), await pouring(other, papers[1])]

    await worker.say("a", one, other)
    await worker.say("b", one)

    assert papers[0].batches == [["a"], ["b"]]
    assert papers[1].batches == [["a"]]
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_several_tokens_of_a_frame_are_one_batch(receiver: Receiver) -> None:
    worker, (one,) = await begun(receiver, 1)
    paper = Paper()
    task = await pouring(one, paper)

    number = one.number
    await worker.send([number, number], [FENCE, FENCE], [0, 1], [1, 1], ["a", "b"])

    assert paper.batches == [["a", "b"]]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_comes_while_the_writer_is_full_waits_for_next(receiver: Receiver) -> None:
    worker, (one,) = await begun(receiver, 1)
    paper = Paper()
    paper.full = asyncio.get_running_loop().create_future()
    task = await pouring(one, paper)

    for text in "abc":
        await worker.say(text, one)

    assert await task is paper.full
    assert paper.batches == [["a"]]
    assert await one.pour(paper.write) is None
    assert await one.next() == ["b", "c"]


async def test_the_end_and_what_comes_with_it_is_for_next(receiver: Receiver) -> None:
    worker, (one,) = await begun(receiver, 1)
    paper = Paper()
    task = await pouring(one, paper)

    await worker.say("a", one)
    await worker.end(one)

    assert await task is None
    assert end_of(await one.next()) == End(Usage())
    assert paper.batches == [["a"]]


async def test_a_failure_ends_the_pouring(receiver: Receiver) -> None:
    _, (one,) = await begun(receiver, 1)
    task = await pouring(one, Paper())

    one.fail(Unavailable("gone"))

    assert await task is None
    with pytest.raises(Unavailable):
        await one.next()


async def test_what_one_writer_raises_is_its_own_readers_alone(receiver: Receiver) -> None:
    def broken(_: list[Piece]) -> None:
        raise ValueError("cannot write")

    worker, (one, other) = await begun(receiver, 2)
    paper = Paper()
    task, neighbour = asyncio.create_task(one.pour(broken)), await pouring(other, paper)

    await worker.say("a", one, other)

    with pytest.raises(ValueError, match="cannot write"):
        await task
    assert paper.batches == [["a"]]
    neighbour.cancel()
    await asyncio.gather(neighbour, return_exceptions=True)


async def test_nothing_is_written_for_a_reader_who_was_cancelled(receiver: Receiver) -> None:
    worker, (one,) = await begun(receiver, 1)
    paper = Paper()
    task = await pouring(one, paper)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    await worker.say("a", one)

    assert paper.batches == []
    assert await one.next() == ["a"]


async def test_frames_that_piled_up_are_one_batch(receiver: Receiver) -> None:
    _, (one,) = await begun(receiver, 1)
    paper = Paper()
    task = await pouring(one, paper)

    frames = [
        ["w", 2 + index, [one.number], [FENCE], [index], [1], [text], []] for index, text in enumerate("abc")
    ]
    receiver.receive([msgspec.msgpack.encode(frame) for frame in frames])

    assert paper.batches == [["a", "b", "c"]]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_gathered_are_all_tokens_but_the_first_and_the_end() -> None:
    worker, (one,) = await begun(Receiver(inbox="i", gather_s=0.05), 1)
    paper = Paper()
    task = await pouring(one, paper)

    await worker.say("a", one)
    assert paper.batches == [["a"]]
    await worker.say("b", one)
    await worker.say("c", one)
    assert paper.batches == [["a"]]
    await asyncio.sleep(0.1)
    assert paper.batches == [["a"], ["b", "c"]]

    await worker.say("d", one)
    await worker.end(one)
    assert await task is None
    assert (await one.next())[0] == "d"
    assert paper.batches == [["a"], ["b", "c"]]


async def test_what_was_gathered_for_a_stream_that_ended_is_given_once() -> None:
    worker, (one, other) = await begun(Receiver(inbox="i", gather_s=0.05), 2)
    papers = [Paper(), Paper()]
    tasks = [await pouring(one, papers[0]), await pouring(other, papers[1])]
    await worker.say("a", one, other)
    await worker.say("b", one, other)
    await worker.end(one)
    assert await tasks[0] is None
    await one.next()

    await asyncio.sleep(0.1)

    assert papers[1].batches == [["a"], ["b"]]
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_a_frame_is_what_the_worker_of_these_tests_sends() -> None:
    data = msgspec.msgpack.encode(["w", 1, [1], [FENCE], [0], [1], ["a"], []])
    assert msgspec.msgpack.decode(data, type=Frame).texts == ["a"]
