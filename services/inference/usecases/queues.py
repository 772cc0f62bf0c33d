"""The queues of all that a worker serves, as one: each name has its turn, and no more jobs come than are asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.inference.ports import Lane, Queue, Ticket
from shared.errors import Unavailable

IDLE_S = 0.5
"""How long one pull waits for the next job; also how long a stop waits for it."""

Take = Callable[[Ticket], Awaitable[None]]


class Queues:
    """A name whose queue was found empty is waited for, by one pull for one job; the others are asked in turn."""

    def __init__(self, queues: Sequence[Queue]) -> None:
        self._queues = list(queues)
        self._waiting: dict[Lane, dict[Queue, asyncio.Task[bool]]] = {"resumes": {}, "new": {}}

    async def now(self, lane: Lane, limit: int) -> list[Ticket]:
        """What lies there, `limit` at most, in equal shares of those that have it. Raises `Unavailable`."""
        order = [queue for queue in self._in_turn() if queue not in self._waiting[lane]]
        found: list[Ticket] = []
        while order and (left := limit - len(found)):
            asked = _shares(order, left)
            answers = await asyncio.gather(
                *(_ask(queue, lane, share, 0.0) for queue, share in asked), return_exceptions=True
            )
            told = [answer for answer in answers if not isinstance(answer, BaseException)]
            found += [ticket for tickets in told for ticket in tickets]
            if len(told) < len(answers):
                return found or _raised(answers)  # what has come is not lost; the trouble comes again
            full = [
                queue for (queue, share), tickets in zip(asked, told, strict=True) if len(tickets) == share
            ]
            order = [*order[len(asked) :], *full]
        return found

    async def batch(self) -> list[Ticket]:
        """One, of whichever has some. Raises `Unavailable`."""
        for queue in self._in_turn():
            if tickets := await queue.batch(1, 0.0):
                return tickets
        return []

    async def wait(self, lane: Lane, take: Take) -> None:
        """Until one has come, and was given to `take`, or for `IDLE_S`. Pulls that wait longer may still bring one.
        Raises `Unavailable`."""
        waiting = self._waiting[lane]
        for queue in self._queues:
            if queue not in waiting:
                waiting[queue] = asyncio.create_task(_wait(queue, lane, take))
        has_come = False
        while waiting and not has_come:
            await asyncio.wait(waiting.values(), return_when=asyncio.FIRST_COMPLETED)
            over = [queue for queue, task in waiting.items() if task.done()]
            answers = await asyncio.gather(*(waiting.pop(queue) for queue in over), return_exceptions=True)
            has_come = True in answers
            if not has_come:
                _raised(answers)

    async def reopen(self, lane: Lane) -> None:
        """Raises `Unavailable`."""
        for queue in self._queues:
            await queue.reopen(lane)

    async def close(self) -> None:
        """Waits for the pulls that are still out."""
        tasks = [task for waiting in self._waiting.values() for task in waiting.values()]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _in_turn(self) -> list[Queue]:
        self._queues.append(self._queues.pop(0))
        return list(self._queues)


def _shares(order: list[Queue], left: int) -> list[tuple[Queue, int]]:
    asked = order[:left]
    each, over = divmod(left, len(asked))
    return [(queue, each + (place < over)) for place, queue in enumerate(asked)]


def _ask(queue: Queue, lane: Lane, limit: int, timeout_s: float) -> Awaitable[list[Ticket]]:
    return queue.resumes(limit, timeout_s) if lane == "resumes" else queue.interactive(limit, timeout_s)


async def _wait(queue: Queue, lane: Lane, take: Take) -> bool:
    tickets = await _ask(queue, lane, 1, IDLE_S)
    for ticket in tickets:
        await take(ticket)
    return bool(tickets)


def _raised(answers: Sequence[object]) -> list[Ticket]:
    """A fault goes before an outage, which is overcome."""
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    for error in sorted(errors, key=lambda error: isinstance(error, Unavailable)):
        raise error
    return []
