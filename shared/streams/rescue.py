"""Another attempt at an answer whose worker has gone, published by whoever reads it."""

from typing import Literal

import msgspec

from shared import subjects
from shared.broker.ports import Bus, Stored
from shared.errors import NotTaken
from shared.messages import ChatJob, LiveRequest

from .incoming import Incoming

Fate = Literal["waiting", "running", "moved", "done", "cancelled", "unknown"]
"""`waiting`: nobody has begun it. `running`: somebody else has it. `moved`: its next attempt is published."""


class Rescue:
    """Raises `Unavailable`."""

    def __init__(self, bus: Bus, inbox: str, publisher: str) -> None:
        self._bus = bus
        self._inbox = inbox
        self._publisher = publisher

    async def move(self, incoming: Incoming, *, silent: int = 0) -> tuple[Fate, int]:
        """Publishes the next attempt, to go on after what this stream has seen. Two readers may do so: the first
        one's is stored, and holds for both. Not where another worker has it than the one that is silent, unless it
        has had it since the revision `silent`, and does not answer either.

        Returns the revision of the request's entry, too; 0: there is none.
        """
        entry = await self._bus.bucket(subjects.LIVE_BUCKET).get(subjects.live_request(incoming.request))
        if entry is None:
            return "unknown", 0
        live = msgspec.msgpack.decode(entry.value, type=LiveRequest)
        if live.state == "cancelled":
            await self._leave(incoming, live)
        if live.state in ("done", "cancelled"):
            return live.state, entry.revision
        if live.state == "queued":
            return "waiting", entry.revision
        if live.worker != incoming.worker and entry.revision != silent:
            return "running", entry.revision
        job = await self._job(incoming, live)
        if job is None:
            return "unknown", entry.revision
        await self._succeed(incoming, job, live, entry.revision)
        return "moved", entry.revision

    async def _succeed(self, incoming: Incoming, job: ChatJob, live: LiveRequest, revision: int) -> None:
        """From here on only fences above the entry's revision are believed, as every later claim's is; unless it is
        certain that nothing was published: then the silent one may still be heard."""
        before = incoming.cursor.fence
        incoming.cursor.seal(revision + 1)
        attempt = self._next(incoming, job, live)
        try:
            stored = await self._publish(attempt)
        except NotTaken:
            incoming.cursor.unseal(revision + 1, before)
            raise
        if (
            not stored.duplicate
        ):  # otherwise this one is nobody's: ours, or another reader's, lies there already
            incoming.job = attempt

    async def _leave(self, incoming: Incoming, live: LiveRequest) -> None:
        """It was stopped, and its worker does not say so. Whoever closes it in its stead shall know what was shown."""
        job = await self._job(incoming, live) if incoming.known else None
        if job is not None:
            await self._publish(self._next(incoming, job, live))

    def _next(self, incoming: Incoming, job: ChatJob, live: LiveRequest) -> ChatJob:
        return next_attempt(job, live, tuple(incoming.cursor.ids), self._inbox, incoming.number)

    async def _publish(self, attempt: ChatJob) -> Stored:
        subject = subjects.resume(attempt.model, self._publisher)
        return await self._bus.append(subject, attempt, id=f"{attempt.request}:{attempt.attempt}")

    async def _job(self, incoming: Incoming, live: LiveRequest) -> ChatJob | None:
        """The newest attempt's: ours, or the one that still lies in its stream since nobody has finished it."""
        if incoming.job is not None and incoming.job.attempt >= live.attempt:
            return incoming.job
        stream = subjects.INFERENCE if live.attempt == 1 else subjects.INFERENCE_RESUME
        data = await self._bus.stored(stream.name, live.job_sequence) if live.job_sequence else None
        return incoming.job if data is None else msgspec.msgpack.decode(data, type=ChatJob)


def least_fence(live: LiveRequest, revision: int) -> int:
    """Of whoever may still speak for the request, as far as its entry tells: a reader who comes now believes nobody
    with a lower one. A worker that was replaced, and does not know it yet, would answer it, too. -1: not known."""
    if live.state == "running":
        return revision
    if live.state == "finishing" and live.answer is not None:
        return live.answer.fence
    return -1


def next_attempt(job: ChatJob, live: LiveRequest, shown: tuple[int, ...], inbox: str, stream: int) -> ChatJob:
    """Of several choices the ids are interleaved: such an answer is made anew, and compared by its readers. Whether
    it got any further is not known then, so each of its attempts counts as fruitless."""
    ids = shown if job.sampling.n == 1 else ()
    return msgspec.structs.replace(
        job,
        model=live.model or job.model,  # an alias may mean another model elsewhere, whose ids are others
        attempt=live.attempt + 1,
        resume_ids=ids,
        previous_sequence=live.job_sequence,
        inbox=inbox,
        stream=stream,
        fruitless=job.fruitless + 1 if len(ids) <= len(job.resume_ids) else 0,
    )
