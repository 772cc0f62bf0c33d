"""Jobs over NATS: a durable job out, frames of deltas in."""

import time

import msgspec

from services.edge.adapters.nats.places import Places
from services.edge.domain.live import LiveAnswer
from shared import subjects
from shared.broker.ports import Bus
from shared.errors import Conflict, Unavailable
from shared.messages import CancelJob, ChatCancelled, ChatJob, Detach, LiveChat, LiveRequest, Usage
from shared.streams import Incoming, Receiver, least_fence

CANCELLED_TTL_S = subjects.INFERENCE_RESUME.max_age_s + 60.0
"""As long as a job may wait: whoever gets it at last must find out."""
READERS = 16
"""Inboxes that are remembered of an answer, newest last."""
CLAIM_RACES = 8
"""A request changes hands a few times at most while we try to mark it."""

PAST_DEADLINE_S = 60.0
"""How long a conversation remembers its answer after the latest time at which that ends."""

DECIDED = frozenset({"finishing", "done", "cancelled"})
OVER = frozenset({"done", "cancelled"})


class NatsJobs:
    """`receiver` is started and run by whoever makes it, on a connection of its own."""

    def __init__(self, bus: Bus, receiver: Receiver, publisher: str) -> None:
        self._bus = bus
        self._live = bus.bucket(subjects.LIVE_BUCKET)
        self._receiver = receiver
        self._publisher = publisher
        self._places = Places(self._live, receiver.awaits)

    @property
    def inbox(self) -> str:
        return self._receiver.inbox

    async def run(self) -> None:
        """For as long as the process lives; hold the task."""
        await self._places.run()

    def open(self, request: str) -> Incoming:
        return self._receiver.open(request)

    async def attach(self, live: LiveAnswer) -> Incoming | None:
        """Opened first, then made known, then looked whom to believe: a worker that takes over in between asks us,
        too, or is the one whom we find."""
        incoming = self._receiver.open(live.request)
        try:
            await self._share(live)
            entry = await self._live.get(subjects.live_request(live.request))
        except BaseException:
            incoming.close()
            raise
        found = None if entry is None else msgspec.msgpack.decode(entry.value, type=LiveRequest)
        if entry is None or found is None or found.state in OVER:
            incoming.close()
            return None
        self._receiver.follow(incoming, least_fence(found, entry.revision))
        return incoming

    async def submit(self, job: ChatJob, notices: tuple[str, ...] = (), *, goes_on: bool = False) -> None:
        """The entry in LIVE comes first, so that whoever pulls the job finds it."""
        self._receiver.remember(job)
        live = LiveRequest(
            user=job.user,
            chat=job.chat,
            message_id=job.message_id,
            passages=job.passages,
            notices=notices,
            attempt=job.attempt,
            model=job.model,
            created_at=job.created_at,
            deadline=job.deadline,
            choices=job.sampling.n,
            goes_on=goes_on,
        )
        key = subjects.live_request(job.request)
        revision = await self._live.create(key, msgspec.msgpack.encode(live))
        subject = subjects.job(job.model, job.priority, self._publisher)
        stored = await self._bus.append(subject, job, id=f"{job.request}:{job.attempt}")
        placed = msgspec.structs.replace(live, job_sequence=stored.sequence)
        self._places.keep(job.request, placed, revision, job.stream)
        await self._note_chat(job.chat, LiveChat(job.request, inboxes=(self.inbox,)), job.deadline)

    async def find(self, chat: str) -> LiveAnswer | None:
        newest = await self._newest(chat)
        entry = await self._live.get(subjects.live_request(newest.request)) if newest is not None else None
        if newest is None or entry is None:
            return None
        live = msgspec.msgpack.decode(entry.value, type=LiveRequest)
        if live.state in OVER or live.deadline < time.time():
            return None
        return LiveAnswer(
            request=newest.request,
            user=live.user,
            chat=live.chat,
            message_id=live.message_id,
            model=live.model,
            created_at=live.created_at,
            deadline=live.deadline,
            choices=live.choices,
            passages=live.passages,
            notices=live.notices,
            goes_on=live.goes_on,
        )

    async def is_shared(self, job: ChatJob) -> bool:
        newest = await self._newest(job.chat)
        return newest is not None and newest.request == job.request and newest.resumed

    async def detach(self, request: str, stream: int) -> None:
        await self._bus.publish(subjects.CONTROL, Detach(request, self.inbox, stream))

    async def cancel(self, request: str) -> None:
        """Marked first: a worker that pulls the job in this moment loses its claim, and drops it.

        A job that has begun stays in its queue: should its worker be dead, the next one closes the turn.
        """
        before = await self._mark_cancelled(request)
        if before is None:
            return
        place = before.job_sequence or self._places.of(request)
        if before.state == "queued" and place:
            await self._bus.delete(subjects.INFERENCE.name, place)
        await self._bus.publish(subjects.CONTROL, CancelJob(request))
        if before.state == "queued":
            event = _never_begun(request, before)
            await self._bus.append(subjects.event("cancelled", before.user), event, id=request)

    async def _note_chat(self, chat: str, newest: LiveChat, deadline: float) -> None:
        if chat:
            value = msgspec.msgpack.encode(newest)
            await self._live.put(subjects.live_chat(chat), value, ttl_s=_chat_ttl_s(deadline))

    async def _share(self, live: LiveAnswer) -> None:
        """Several may come at once, and none may be forgotten."""
        key, ttl_s = subjects.live_chat(live.chat), _chat_ttl_s(live.deadline)
        for _ in range(CLAIM_RACES):
            entry = await self._live.get(key)
            newest = None if entry is None else msgspec.msgpack.decode(entry.value, type=LiveChat)
            if entry is None or newest is None or newest.request != live.request:
                return  # the next question has been asked meanwhile
            others = tuple(inbox for inbox in newest.inboxes if inbox != self.inbox)
            shared = LiveChat(live.request, resumed=True, inboxes=(*others, self.inbox)[-READERS:])
            try:
                value = msgspec.msgpack.encode(shared)
                await self._live.update(key, value, revision=entry.revision, ttl_s=ttl_s)
            except Conflict:
                continue
            return
        raise Unavailable("Too many readers come at once.", retry_after_s=1.0)

    async def _newest(self, chat: str) -> LiveChat | None:
        entry = await self._live.get(subjects.live_chat(chat))
        return None if entry is None else msgspec.msgpack.decode(entry.value, type=LiveChat)

    async def _mark_cancelled(self, request: str) -> LiveRequest | None:
        """The request as it was before; None if it was over, or never was."""
        key = subjects.live_request(request)
        for _ in range(CLAIM_RACES):
            entry = await self._live.get(key)
            if entry is None:
                return None
            live = msgspec.msgpack.decode(entry.value, type=LiveRequest)
            if live.state in DECIDED:
                return None
            marked = msgspec.msgpack.encode(msgspec.structs.replace(live, state="cancelled"))
            try:
                await self._live.update(key, marked, revision=entry.revision, ttl_s=CANCELLED_TTL_S)
            except Conflict:
                continue
            return live
        return None


def _chat_ttl_s(deadline: float) -> float:
    return max(1.0, deadline - time.time()) + PAST_DEADLINE_S


def _never_begun(request: str, live: LiveRequest) -> ChatCancelled:
    return ChatCancelled(
        request=request,
        user=live.user,
        model=live.model,
        answers=(),
        usage=Usage(),
        at=live.created_at,
        chat=live.chat,
        message_id=live.message_id,
        passages=live.passages,
    )
