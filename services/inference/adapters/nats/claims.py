"""Claims on requests, by compare-and-set on their entries in LIVE."""

from typing import Final

import msgspec

from services.inference.domain import claiming
from services.inference.domain.claiming import Standing
from services.inference.ports import Claim, Ticket
from shared import subjects
from shared.broker import Bus
from shared.errors import Conflict, Unavailable
from shared.messages import ChatJob, Delta, LiveRequest

DONE_TTL_S = 600.0
"""How long an entry outlives its answer, for whoever asks late."""
ENTRY_BYTES = 900_000
"""NATS takes a megabyte; a longer answer is left out of its entry."""
MAX_TRIES: Final = 5


class LiveClaims:
    def __init__(self, bus: Bus, worker: str) -> None:
        self._bus = bus
        self._bucket = bus.bucket(subjects.LIVE_BUCKET)
        self._worker = worker

    async def claim(self, ticket: Ticket) -> Claim | None:
        job = ticket.job
        for _ in range(MAX_TRIES):
            try:
                claim = await self._try(ticket)
            except Conflict:
                continue  # somebody was faster: what does the entry say now?
            if claim is not None and claim.found != "leave":
                await self._drop_previous(job)
            return claim
        raise Unavailable(f"The entry of request {job.request} changes all the time.")

    async def finishing(self, claim: Claim, whole: Delta) -> Standing:
        """A write whose answer got lost finds its own entry when it is repeated: then it is still held."""
        live = msgspec.structs.replace(claim.live, state="finishing", answer=whole)
        if len(msgspec.msgpack.encode(live)) > ENTRY_BYTES:  # whoever comes after us makes it anew
            live = msgspec.structs.replace(live, answer=None)
        try:
            await self._write(claim, live)
        except Conflict:
            found = await self.standing(claim)
            if found == "held":
                await self._write(claim, live)
            return found
        return "held"

    async def standing(self, claim: Claim) -> Standing:
        entry = await self._bucket.get(subjects.live_request(claim.request))
        live = None if entry is None else _decoded(entry.value)
        found = claiming.standing(live, worker=self._worker, attempt=claim.live.attempt)
        if found == "held" and entry is not None:
            claim.revision = entry.revision
        return found

    async def done(self, claim: Claim) -> None:
        try:
            live = msgspec.structs.replace(claim.live, state="done", answer=None)
            await self._write(claim, live, ttl_s=DONE_TTL_S)
        except Conflict:  # done already, by a try whose answer got lost
            return

    async def _try(self, ticket: Ticket) -> Claim | None:
        job, key = ticket.job, subjects.live_request(ticket.job.request)
        entry = await self._bucket.get(key)
        live = None if entry is None else _decoded(entry.value)
        found = claiming.verdict(
            job, live, worker=self._worker, deliveries=ticket.deliveries, sequence=ticket.sequence
        )
        if found == "drop":
            return None
        had_worker = live is not None and bool(live.worker)
        lapses = claiming.lapses(job, live, ticket.deliveries)
        if found in ("close", "leave") and entry is not None and live is not None:
            return Claim(job.request, entry.revision, entry.revision, live, found, had_worker, lapses)
        mine = claiming.claimed(job, live, worker=self._worker, sequence=ticket.sequence, found=found)
        value = msgspec.msgpack.encode(mine)
        if entry is None:
            revision = await self._bucket.create(key, value)
        else:
            revision = await self._bucket.update(key, value, revision=entry.revision)
        return Claim(job.request, revision, revision, mine, found, had_worker, lapses)

    async def _write(self, claim: Claim, live: LiveRequest, ttl_s: float | None = None) -> None:
        key, value = subjects.live_request(claim.request), msgspec.msgpack.encode(live)
        claim.revision = await self._bucket.update(key, value, revision=claim.revision, ttl_s=ttl_s)
        claim.live = live

    async def _drop_previous(self, job: ChatJob) -> None:
        """The attempt before this one must not be delivered once more; a late ack of it is harmless."""
        if job.previous_sequence:
            stream = subjects.INFERENCE if job.attempt == 2 else subjects.INFERENCE_RESUME
            await self._bus.delete(stream.name, job.previous_sequence)


def _decoded(value: bytes) -> LiveRequest:
    return msgspec.msgpack.decode(value, type=LiveRequest)
