"""Running a batch: order, bounds, outages and interruption."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing

import pytest

from services.cli.domain import Completion, JobLine, ResultLine
from services.cli.usecases import Batch
from shared.errors import EngineFailed, QueueFull, Unavailable
from shared.messages import Usage


class Scripted:
    """Answers as a function of the prompt says, and counts."""

    def __init__(self, answer: Callable[[str], Awaitable[str]]) -> None:
        self._answer = answer
        self.running = 0
        self.most_running = 0
        self.begun = 0
        self.cancelled = 0

    async def complete(self, line: JobLine) -> Completion:
        self.begun += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            text = await self._answer(line.prompt or "")
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        return Completion("m", text, "stop", Usage(1, 1), f"r{line.id}")


def lines(count: int) -> Iterator[JobLine]:
    return iter([JobLine(id=str(number), prompt=str(number)) for number in range(count)])


async def outcome(batch: Batch, jobs: Iterator[JobLine]) -> list[ResultLine]:
    async with aclosing(batch.run(jobs)) as results:
        return [result async for result in results]


async def test_results_keep_the_order_of_the_lines_though_later_ones_are_faster() -> None:
    async def slower_first(prompt: str) -> str:
        await asyncio.sleep(0.02 * (5 - int(prompt) % 5))
        return prompt

    answers = Scripted(slower_first)
    results = await outcome(Batch(answers, concurrency=5, patience_s=0), lines(20))
    assert [result.text for result in results] == [str(number) for number in range(20)]
    assert answers.most_running == 5


async def test_a_slow_line_holds_back_four_times_the_concurrency_and_no_more() -> None:
    release = asyncio.Event()

    async def first_waits(prompt: str) -> str:
        if prompt == "0":
            await release.wait()
        return prompt

    answers = Scripted(first_waits)
    running = asyncio.create_task(outcome(Batch(answers, concurrency=2, patience_s=0), lines(50)))
    await asyncio.sleep(0.05)
    assert answers.begun == 8
    release.set()
    assert len(await running) == 50


async def test_an_error_stands_in_the_place_of_its_line_alone() -> None:
    async def second_fails(prompt: str) -> str:
        if prompt == "1":
            raise EngineFailed("It gave up.")
        return prompt

    results = await outcome(Batch(Scripted(second_fails), concurrency=2, patience_s=5), lines(3))
    assert [result.error.code if result.error else result.text for result in results] == [
        "0",
        "engine_failed",
        "2",
    ]


async def test_an_outage_shorter_than_the_patience_is_sat_out() -> None:
    failures = iter([Unavailable("away"), QueueFull("full")])

    async def returns(prompt: str) -> str:
        for error in failures:
            error.retry_after_s = 0.0
            raise error
        return prompt

    results = await outcome(Batch(Scripted(returns), concurrency=1, patience_s=10), lines(2))
    assert [result.text for result in results] == ["0", "1"]


async def test_a_longer_outage_ends_the_run_after_the_results_before_it() -> None:
    async def gone_after_two(prompt: str) -> str:
        if int(prompt) >= 2:
            raise Unavailable("away")
        return prompt

    async with aclosing(
        Batch(Scripted(gone_after_two), concurrency=4, patience_s=0).run(lines(9))
    ) as results:
        assert [(await anext(results)).text, (await anext(results)).text] == ["0", "1"]
        with pytest.raises(Unavailable):
            await anext(results)


async def test_closing_it_cancels_what_runs() -> None:
    async def never(prompt: str) -> str:
        await asyncio.Event().wait()
        return prompt

    answers = Scripted(never)
    running = asyncio.create_task(outcome(Batch(answers, concurrency=3, patience_s=0), lines(9)))
    await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (answers.begun, answers.cancelled, answers.running) == (3, 3, 0)
