"""Several names at one worker: whose turn it is, how many jobs may come, and what happens to those beyond."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import cast

import msgspec

from services.inference.domain.admission import Slots
from services.inference.domain.room import Room
from services.inference.domain.turns import BATCH_AFTER_JOBS
from services.inference.ports import Lane, Observer, Queue, Ticket
from services.inference.usecases import PlaceJobs, PullJobs, Queues, ServeJobs
from services.inference.usecases.queues import IDLE_S
from shared.errors import Unavailable
from shared.messages import ChatJob
from tests.unit.test_inference_pull import JOB, HeldTicket, Nobody

AT_ONCE_S = 0.8 * IDLE_S
"""Before a pull that waits has waited in vain, which is when all would be looked at anyhow."""


class NamedQueue:
    """Jobs for one name. `asked` are the limits of the pulls that it got, `out` how many wait at this moment."""

    def __init__(self, name: str, jobs: int, batch: int = 0) -> None:
        self.name = name
        self.jobs = [self._ticket("interactive", number) for number in range(jobs)]
        self.batch_jobs = [self._ticket("batch", number) for number in range(batch)]
        self.asked: list[int] = []
        self.out = 0
        self.trouble: Exception | None = None
        self._added = asyncio.Event()

    def _ticket(self, priority: str, number: int) -> HeldTicket:
        request = f"{self.name}-{priority}-{number}"
        return HeldTicket(msgspec.structs.replace(JOB, request=request, model=self.name, priority=priority))

    def add(self, number: int) -> HeldTicket:
        ticket = self._ticket("interactive", 1000 + number)
        self.jobs.append(ticket)
        self._added.set()
        return ticket

    async def interactive(self, limit: int, timeout_s: float) -> list[Ticket]:
        if not timeout_s:
            self.asked.append(limit)
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        if not self.jobs and timeout_s:
            self.out += 1
            try:
                await asyncio.wait_for(self._added.wait(), timeout_s)
            except TimeoutError:
                return []
            finally:
                self.out -= 1
                self._added.clear()
        taken, self.jobs = self.jobs[:limit], self.jobs[limit:]
        return list(taken)

    async def resumes(self, limit: int, timeout_s: float) -> list[Ticket]:
        await asyncio.sleep(timeout_s)
        return []

    async def batch(self, limit: int, timeout_s: float) -> list[Ticket]:
        await asyncio.sleep(0)
        taken, self.batch_jobs = self.batch_jobs[:limit], self.batch_jobs[limit:]
        return list(taken)

    async def reopen(self, lane: Lane) -> None:
        self.trouble = None

    async def pass_on(self, job: ChatJob) -> None: ...


def queues_of(*queues: NamedQueue) -> Queues:
    return Queues([cast("Queue", queue) for queue in queues])


class NotingServe:
    """`order` names the jobs' models, or batch; each takes `takes_s`."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.order: list[str] = []
        self.running = self.most = 0
        self._takes_s = takes_s

    async def serve(self, ticket: Ticket, release: Callable[[], None]) -> None:
        self.order.append("batch" if ticket.job.priority == "batch" else ticket.job.model)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(self._takes_s)
        self.running -= 1
        release()

    async def hand_over(self) -> None: ...
    async def stop(self) -> None: ...


@asynccontextmanager
async def pulling(serve: NotingServe, slots: int, *queues: NamedQueue) -> AsyncGenerator[Slots]:
    free = Slots()
    free.open(slots)
    pull = PullJobs(
        queues=queues_of(*queues),
        place=PlaceJobs(worker="w", peers=Nobody(), has_room=lambda: True),
        serve=cast("ServeJobs", serve),
        slots=free,
        room=Room(),
        observer=cast("Observer", None),
    )
    task = asyncio.create_task(pull.run())
    await asyncio.sleep(0.02)
    yield free
    await asyncio.wait_for(pull.drain(1), 3)
    await task


async def until(condition: Callable[[], bool], within_s: float = 2.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_pull_never_asks_for_more_than_there_is_room_for() -> None:
    several = [NamedQueue(name, jobs=20) for name in "abc"]
    tickets = await queues_of(*several).now("new", 8)
    assert len(tickets) == 8
    assert sum(limit for queue in several for limit in queue.asked) == 8


async def test_what_one_name_leaves_another_gets() -> None:
    much, little, nothing = NamedQueue("much", 20), NamedQueue("little", 1), NamedQueue("nothing", 0)
    tickets = await queues_of(much, little, nothing).now("new", 9)
    names = [ticket.job.model for ticket in tickets]
    assert (names.count("much"), names.count("little")) == (8, 1)


async def test_names_with_more_jobs_than_slots_take_turns() -> None:
    loud, quiet = NamedQueue("loud", 1000), NamedQueue("quiet", 50)
    queues = queues_of(loud, quiet)
    got = [ticket.job.model for _ in range(40) for ticket in await queues.now("new", 1)]
    assert got.count("quiet") == got.count("loud") == 20


async def test_trouble_with_one_name_loses_nothing_of_another() -> None:
    well, ill = NamedQueue("well", 5), NamedQueue("ill", 5)
    ill.trouble = Unavailable("The consumer has no leader.")
    queues = queues_of(well, ill)
    assert len(await queues.now("new", 4)) == 2
    well.jobs.clear()
    try:
        await queues.now("new", 4)
    except Unavailable:
        return
    raise AssertionError("the trouble was kept quiet")


async def test_batch_of_one_name_lets_interactive_jobs_of_another_go_first() -> None:
    serve = NotingServe()
    async with pulling(serve, 1, NamedQueue("a", 0, batch=30), NamedQueue("b", 0), NamedQueue("c", 100)):
        await until(lambda: len(serve.order) == 130)
    while_some_waited = serve.order[: len(serve.order) - serve.order[::-1].index("c")]
    assert while_some_waited.count("batch") <= 100 // BATCH_AFTER_JOBS + 1


async def test_whichever_name_gets_a_job_it_begins_at_once() -> None:
    serve, several = NotingServe(), [NamedQueue(name, 0) for name in "abcdef"]
    async with pulling(serve, 2, *several):
        for number, queue in enumerate(several):
            queue.add(number)
            await until(lambda wanted=number + 1: len(serve.order) == wanted, within_s=AT_ONCE_S)
    assert serve.order == list("abcdef")


async def test_what_comes_beyond_the_slots_goes_back_at_once() -> None:
    serve, several = NotingServe(takes_s=IDLE_S), [NamedQueue(name, 0) for name in "abc"]
    async with pulling(serve, 1, *several):
        await until(lambda: [queue.out for queue in several] == [1, 1, 1])
        tickets = [queue.add(1) for queue in several]
        await until(lambda: sum(len(ticket.given_back) for ticket in tickets) == 2, within_s=AT_ONCE_S)
        assert serve.running == 1
        assert serve.most == 1


async def test_a_burst_for_one_name_uses_every_slot_although_others_are_waited_for() -> None:
    serve, several = NotingServe(takes_s=0.3), [NamedQueue(name, 0) for name in "abcdefgh"]
    async with pulling(serve, 8, *several):
        for number in range(40):
            several[0].add(number)
        await until(lambda: serve.running == 8, within_s=AT_ONCE_S)
        await until(lambda: len(serve.order) == 40)
    assert serve.most == 8


async def test_a_job_that_comes_after_the_stop_is_given_back() -> None:
    serve, queue = NotingServe(), NamedQueue("a", 0)
    async with pulling(serve, 2, queue, NamedQueue("b", 0)) as free:
        free.close()
        ticket = queue.add(1)
        await until(lambda: ticket.given_back == [0.0], within_s=AT_ONCE_S)
    assert serve.order == []
    assert queue.out == 0
