"""Which jobs a worker takes while interactive ones wait in numbers, and which it gives back."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import cast

import msgspec

from services.inference.domain.admission import Slots
from services.inference.domain.room import Room
from services.inference.domain.turns import BATCH_AFTER_JOBS, EMPTY_S
from services.inference.ports import Lane, Observer, Queue, Ticket
from services.inference.usecases import PlaceJobs, PullJobs, Queues, ServeJobs
from shared.messages import ChatJob

JOB = ChatJob(request="r", user="u", model="m", messages=(), inbox="i", stream=1, created_at=0, deadline=0)


class HeldTicket:
    headers: Mapping[str, str] = {}
    handle = ""
    sequence = 1
    deliveries = 1

    def __init__(self, job: ChatJob) -> None:
        self.job = job
        self.given_back: list[float] = []

    async def ack(self) -> None: ...
    async def nak(self, delay_s: float = 0.0) -> None:
        self.given_back.append(delay_s)

    async def term(self) -> None: ...
    async def in_progress(self) -> None: ...


class Nobody:
    """No other worker is there."""

    def serving(self, model: str) -> Mapping[str, int]:
        return {}

    def shares_cache(self, worker: str) -> bool:
        return True

    async def offer(self, worker: str, ticket: Ticket) -> bool:
        return False


class EndlessQueue:
    """Interactive jobs without end, and some batch jobs."""

    def __init__(self, batch: int) -> None:
        self._counted = 0
        self._batch = batch
        self.batch_asked = 0

    async def resumes(self, limit: int, timeout_s: float) -> list[Ticket]:
        await asyncio.sleep(timeout_s)
        return []

    async def interactive(self, limit: int, timeout_s: float) -> list[Ticket]:
        await asyncio.sleep(0)
        return [self._next("interactive") for _ in range(limit)]

    async def batch(self, limit: int, timeout_s: float) -> list[Ticket]:
        await asyncio.sleep(0)
        self.batch_asked += 1
        if not self._batch:
            return []
        self._batch -= 1
        return [self._next("batch")]

    async def reopen(self, lane: Lane) -> None: ...
    async def pass_on(self, job: ChatJob) -> None: ...

    def _next(self, priority: str) -> Ticket:
        self._counted += 1
        return HeldTicket(msgspec.structs.replace(JOB, request=f"r{self._counted}", priority=priority))


class QuickServe:
    """Each job takes a moment; `order` is that in which they began."""

    def __init__(self, stop_after: int, stop: Callable[[], None], takes_s: float = 0.0) -> None:
        self.order: list[str] = []
        self._takes_s = takes_s
        self._stop_after = stop_after
        self._stop = stop

    async def serve(self, ticket: Ticket, release: Callable[[], None]) -> None:
        self.order.append(ticket.job.priority)
        if len(self.order) >= self._stop_after:
            self._stop()
        await asyncio.sleep(self._takes_s)
        release()


async def pulled(queue: EndlessQueue, jobs: int, slots: int = 2) -> list[str]:
    """The priorities of the first so many jobs."""
    free = Slots()
    free.open(slots)
    serve = QuickServe(jobs, free.close)
    await pull_with(queue, serve, free)
    return serve.order


async def pull_with(queue: EndlessQueue, serve: QuickServe, free: Slots) -> None:
    pull = PullJobs(
        queues=Queues([cast("Queue", queue)]),
        place=PlaceJobs(worker="w", peers=Nobody(), has_room=lambda: True),
        serve=cast("ServeJobs", serve),
        slots=free,
        room=Room(),
        observer=cast("Observer", None),
    )
    await asyncio.wait_for(pull.run(), 5)


async def test_batch_is_not_starved_by_interactive_jobs_without_end() -> None:
    order = await pulled(EndlessQueue(batch=1000), 400)
    longest, run = 0, 0
    for priority in order:
        run = run + 1 if priority == "interactive" else 0
        longest = max(longest, run)
    assert order.count("batch") >= 400 // (BATCH_AFTER_JOBS + 2) - 1
    assert longest <= BATCH_AFTER_JOBS + 2  # a pull takes as many as there are slots


async def test_batch_does_not_hold_up_interactive_jobs() -> None:
    order = await pulled(EndlessQueue(batch=1000), 400)
    assert order.count("batch") <= 400 // BATCH_AFTER_JOBS + 1


async def test_an_empty_batch_queue_is_hardly_asked() -> None:
    queue, began_at = EndlessQueue(batch=0), time.monotonic()
    await pulled(queue, 2000)
    assert queue.batch_asked <= 2 + (time.monotonic() - began_at) / EMPTY_S


async def test_answers_of_a_dead_worker_do_not_wait_for_the_pull_of_new_jobs() -> None:
    """They come in greater numbers than there are spare slots, while nothing new comes."""
    free = Slots()
    free.open(40)
    loop = asyncio.get_running_loop()
    began = loop.time()

    class Moved(EndlessQueue):
        left = 30

        async def resumes(self, limit: int, timeout_s: float) -> list[Ticket]:
            await asyncio.sleep(0.02)  # so that the other pull is waiting
            taken = min(limit, self.left)
            self.left -= taken
            return [self._next("interactive") for _ in range(taken)]

        async def interactive(self, limit: int, timeout_s: float) -> list[Ticket]:
            await asyncio.sleep(timeout_s)
            return []

    taken_after: list[float] = []

    def all_taken() -> None:
        taken_after.append(loop.time() - began)
        free.close()

    await pull_with(Moved(0), QuickServe(30, all_taken, takes_s=1), free)
    assert taken_after[0] < 0.3


async def test_an_answer_that_comes_alone_is_not_held_up_by_a_pull_of_several() -> None:
    """JetStream's client returns a pull when it is full, or when its time is up."""
    free = Slots()
    free.open(256)
    loop = asyncio.get_running_loop()
    comes_at, taken_at = loop.time() + 0.05, 0.0

    class Lonely(EndlessQueue):
        left = 1

        async def resumes(self, limit: int, timeout_s: float) -> list[Ticket]:
            over_at = loop.time() + timeout_s
            await asyncio.sleep(min(timeout_s, max(0.0, comes_at - loop.time())))
            if not self.left or loop.time() < comes_at:
                await asyncio.sleep(over_at - loop.time())
                return []
            self.left = 0
            if limit > 1:
                await asyncio.sleep(over_at - loop.time())
            return [self._next("interactive")]

        async def interactive(self, limit: int, timeout_s: float) -> list[Ticket]:
            await asyncio.sleep(timeout_s)
            return []

    def taken() -> None:
        nonlocal taken_at
        taken_at = loop.time()
        free.close()

    await pull_with(Lonely(0), QuickServe(1, taken), free)
    assert 0 <= taken_at - comes_at < 0.2


async def test_a_job_that_arrives_after_the_engine_has_died_is_given_back() -> None:
    free, ticket = Slots(), HeldTicket(JOB)
    free.open(1)

    class DyingQueue(EndlessQueue):
        async def interactive(self, limit: int, timeout_s: float) -> list[Ticket]:
            free.pause()
            asyncio.get_running_loop().call_later(0.02, free.close)
            return [ticket]

    serve = QuickServe(10, free.close)
    await pull_with(DyingQueue(0), serve, free)
    assert ticket.given_back == [0.0]  # who is well takes it now
    assert serve.order == []
    assert free.running == 0
