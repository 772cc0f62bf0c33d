"""The other workers: who is there, by what each says of itself once a second, and jobs offered from one to another."""

import time
from collections.abc import Callable, Mapping

import msgspec
import structlog

from services.inference.adapters.nats.queue import NatsTicket
from services.inference.ports import Ticket
from shared import subjects
from shared.broker import NatsBus
from shared.errors import SluiceError
from shared.messages import Offer, OfferReply, WorkerStatus

log = structlog.get_logger()

SILENCE_S = 3.0
"""Three reports missed: the worker is gone."""
OFFER_S = 0.1
"""How long a worker may take to answer. One whose process has ended costs nothing: NATS says at once that nobody
listens."""
REFUSED_S = 0.02
"""A worker without a free slot is left alone for so long."""
SLOW_S = 0.3
"""The same, of one that did not answer: on a busy machine it is there all the same."""


class Peer(msgspec.Struct):
    status: WorkerStatus
    heard_at: float
    closed_until: float = 0.0
    """It is offered nothing before."""


class NatsPeers:
    """Without `start` it knows nobody, and every job runs where it was pulled."""

    def __init__(
        self, bus: NatsBus, worker: str, cache: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`cache`: this worker's, as in `WorkerStatus`."""
        self._bus = bus
        self._worker = worker
        self._cache = cache
        self._clock = clock
        self._peers: dict[str, Peer] = {}
        self._decode = msgspec.msgpack.Decoder(WorkerStatus).decode

    async def start(self, take: Callable[[Ticket], bool]) -> None:
        """`take`: may we have this one? It is ours then."""

        async def offered(offer: Offer) -> OfferReply:
            delivery = self._bus.given(offer.handle, offer.headers)
            return OfferReply(take(NatsTicket(offer.job, delivery)))

        await self._bus.listen(subjects.STATUS, self._heard)
        await self._bus.answer(subjects.offers(self._worker), Offer, offered)

    def serving(self, model: str) -> Mapping[str, int]:
        now = self._clock()
        return {
            worker: peer.status.slots
            for worker, peer in self._peers.items()
            if peer.heard_at >= now - SILENCE_S
            and peer.closed_until <= now
            and any(served.name == model for served in peer.status.models)
        }

    def shares_cache(self, worker: str) -> bool:
        peer = self._peers.get(worker)
        is_ours = peer is not None and bool(self._cache) and peer.status.cache == self._cache
        return worker == self._worker or is_ours

    async def offer(self, worker: str, ticket: Ticket) -> bool:
        """A worker that takes a job and whose word gets lost has claimed it: then we find that out, and leave it."""
        offer = Offer(ticket.job, ticket.handle, dict(ticket.headers))
        try:
            reply = await self._bus.request(subjects.offers(worker), offer, OfferReply, timeout_s=OFFER_S)
        except SluiceError as error:
            log.info("peer.away", worker=worker, reason=error.message)
            self._leave_alone(worker, SLOW_S)
            return False
        if not reply.taken:
            self._leave_alone(worker, REFUSED_S)
        return reply.taken

    def _leave_alone(self, worker: str, for_s: float) -> None:
        if (peer := self._peers.get(worker)) is not None:
            peer.closed_until = self._clock() + for_s

    async def _heard(self, subject: str, data: bytes) -> None:
        try:
            status = self._decode(data)
        except msgspec.DecodeError as error:
            log.warning("status.unreadable", subject=subject, error=str(error))
            return
        now = self._clock()
        for gone in [worker for worker, peer in self._peers.items() if peer.heard_at < now - SILENCE_S]:
            del self._peers[gone]
        known = self._peers.pop(status.worker, None)
        if status.ready and not status.draining:
            closed_until = 0.0 if known is None else known.closed_until
            self._peers[status.worker] = Peer(status, now, closed_until)
