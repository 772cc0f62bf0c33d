"""Brings a job that was pulled to the worker that has its conversation in its cache.

Whoever is free pulls, as if no worker knew more than another: so no job waits for a worker, alive or dead. Only then
it is offered to the worker that is first in the conversation's own order, which says at once whether it has a slot. It
stays where it is when nobody takes it, or when the two have one engine, whose cache both read.
"""

from collections.abc import Callable

from services.inference.domain import placing
from services.inference.ports import Peers, Ticket

TRIES = 3
"""How many in the conversation's order are asked: one whose first worker is full comes back to its second."""


class PlaceJobs:
    """`has_room`: may this worker run what it has pulled, the job in question included?"""

    def __init__(self, *, worker: str, peers: Peers, has_room: Callable[[], bool]) -> None:
        self._worker = worker
        self._peers = peers
        self._has_room = has_room

    async def elsewhere(self, ticket: Ticket) -> bool:
        """True: another worker has it from now on, and settles it. Never raises.

        Batch jobs run where they were pulled: they are for whoever has nothing else to do. So does what has had a
        worker before."""
        job = ticket.job
        if job.priority != "interactive" or job.attempt > 1 or ticket.deliveries > 1:
            return False
        workers = self._peers.serving(job.model)
        if not workers.keys() - {self._worker}:
            return False
        for worker in placing.order(placing.key(job), workers)[:TRIES]:
            if self._peers.shares_cache(worker) and self._has_room():
                return False
            if worker != self._worker and await self._peers.offer(worker, ticket):
                return True
        return False
