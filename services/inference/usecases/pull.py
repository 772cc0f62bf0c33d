"""Takes jobs from the queue as slots come free: resumed ones first, then interactive ones, then batch."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager

from services.inference.domain.admission import Slots
from services.inference.domain.room import Room
from services.inference.domain.turns import Turns
from services.inference.ports import Lane, Observer, Ticket
from services.inference.usecases.place import PlaceJobs
from services.inference.usecases.queues import Queues
from services.inference.usecases.serve import ServeJobs
from shared.errors import Unavailable

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
PULLED_AT_ONCE = 8
STOP_S = 3.0
"""How long the ends of broken-off answers may take to be stored and told."""


class PullJobs:
    """`run` until `drain`. It holds the task of each job, and no trouble of the bus or of a job ends it."""

    def __init__(
        self,
        *,
        queues: Queues,
        place: PlaceJobs,
        serve: ServeJobs,
        slots: Slots,
        room: Room,
        observer: Observer,
    ) -> None:
        self._queues = queues
        self._place = place
        self._serve = serve
        self._slots = slots
        self._room = room
        self._turns = Turns(asyncio.get_running_loop().time())
        self._observer = observer
        self._jobs: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()

    @property
    def running(self) -> int:
        return len(self._jobs)

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as pulls:
                pulls.create_task(self._pull_resumes())
                pulls.create_task(self._pull_new())
            await self._queues.close()
        finally:
            self._stopped.set()

    async def drain(self, grace_s: float) -> None:
        """Takes nothing more, and hands over what it has. What cannot be moved may finish for `grace_s`, and is then
        broken off, and told so."""
        self._slots.close()
        await self._stopped.wait()
        await self._serve.hand_over()
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=grace_s)
        if self._jobs:
            await self._serve.stop()
            await asyncio.wait(self._jobs, timeout=STOP_S)
        for task in list(self._jobs):
            task.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    async def _pull_new(self) -> None:
        """Half of what is free: the rest is for what other workers offer meanwhile. Few at once: who asks first would
        take a whole burst, and begin its last job when the others had long been idle."""
        while limit := await self._slots.reserve(half=True, most=PULLED_AT_ONCE):
            await self._room.opened()
            tickets: list[Ticket] = []
            async with self._mended("new"):
                tickets = await self._new_jobs(limit)
            self._slots.pulled(len(tickets))
            self._begin(tickets)
            if not tickets:
                await self._wait("new")

    async def _pull_resumes(self) -> None:
        while limit := await self._slots.reserve_resumes():
            await self._room.opened()
            tickets: list[Ticket] = []
            async with self._mended("resumes"):
                tickets = await self._queues.now("resumes", limit)
            self._slots.pulled_resumes(limit, len(tickets))
            self._begin(tickets)
            if not tickets:
                await self._wait("resumes")

    async def _new_jobs(self, limit: int) -> list[Ticket]:
        """Batch gets one slot at a time: while nobody waits at a screen, and now and then although somebody does."""
        if self._turns.batch_is_due(_now()) and (tickets := await self._batch()):
            return tickets
        tickets = await self._queues.now("new", limit)
        self._turns.interactive(len(tickets))
        return tickets or await self._batch()

    async def _batch(self) -> list[Ticket]:
        tickets = await self._queues.batch()
        self._turns.batch(len(tickets), _now())
        return tickets

    async def _wait(self, lane: Lane) -> None:
        """What comes beyond our slots goes back at once."""

        async def take(ticket: Ticket) -> None:
            if await self._slots.take(resumed=lane == "resumes"):
                self._turns.interactive(lane == "new")
                self._begin([ticket])
            else:
                await self._give_back(ticket)

        async with self._mended(lane):
            await self._queues.wait(lane, take)

    @asynccontextmanager
    async def _mended(self, lane: Lane) -> AsyncGenerator[None]:
        try:
            yield
        except Unavailable as error:
            self._observer.note("queue.away", reason=str(error))
            await self._recover(lane)

    async def _recover(self, lane: Lane) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._slots.is_closed:
            await asyncio.sleep(pause_s)
            try:
                await self._queues.reopen(lane)
            except Unavailable:
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            else:
                return

    def take(self, ticket: Ticket) -> bool:
        """Another worker has pulled it, and offers it. False: not now."""
        if not self._room.is_open or not self._slots.take_offered():
            return False
        self._hold(self._serve_one(ticket))
        return True

    def _begin(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            self._hold(self._place_one(ticket))

    def _hold(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._jobs.add(task)
        task.add_done_callback(self._ended)

    async def _place_one(self, ticket: Ticket) -> None:
        if await self._place.elsewhere(ticket):
            self._slots.release()
        else:
            await self._serve_one(ticket)

    async def _serve_one(self, ticket: Ticket) -> None:
        if (
            self._slots.is_closed or self._slots.is_paused
        ):  # we go, or the engine has died since it was asked for
            self._slots.release()
            await self._give_back(ticket)
            return
        await self._serve.serve(ticket, self._slots.release)

    async def _give_back(self, ticket: Ticket) -> None:
        """Another worker may have it at once: where we are paused, too, we ask for no more."""
        await ticket.nak()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A job that broke in an unforeseen way stays in the queue, which gives it to a worker again."""
        self._jobs.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._observer.crashed(error)


def _now() -> float:
    return asyncio.get_running_loop().time()
