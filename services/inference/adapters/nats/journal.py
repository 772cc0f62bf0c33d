"""How answers ended, onto the durable streams of events and audit. The edge records who asked, we what it took."""

import asyncio
from collections.abc import Callable

import msgspec

from services.inference.domain.ending import Ending
from services.inference.ports import Claim
from shared import subjects, telemetry
from shared.broker import Bus
from shared.errors import TooLarge
from shared.messages import (
    AuditRecord,
    ChatCancelled,
    ChatCompleted,
    ChatFailed,
    ChatJob,
    DeadLetter,
    Failure,
)

KINDS = {"complete": "completed", "cancelled": "cancelled", "failed": "failed"}


class NatsJournal:
    """Message ids are the request's, so that a second telling, or a second worker's, stores nothing."""

    def __init__(self, bus: Bus, worker: str, clock: Callable[[], float]) -> None:
        self._bus = bus
        self._worker = worker
        self._clock = clock

    async def ended(self, job: ChatJob, claim: Claim, ending: Ending) -> None:
        event = self._event(job, claim, ending)
        record = _record(event, ending.state)
        await asyncio.gather(
            self._bus.append(subjects.event(KINDS[ending.state], event.user), event, id=event.request),
            self._bus.append(subjects.audit("inference"), record, id=f"{event.request}:answer"),
        )

    async def buried(self, job: ChatJob, failure: Failure) -> None:
        """A letter that is too large for its stream goes without the passages, which can be found again; if need be
        without the words, as no more than a notice."""
        subject, id = subjects.dead_letter(job.model), f"{job.request}:{job.attempt}"
        without = msgspec.structs.replace(job, passages=(), resume_ids=())
        for left in (job, without, msgspec.structs.replace(without, messages=())):
            try:
                letter = DeadLetter(left, failure, self._worker, self._clock())
                await self._bus.append(subject, letter, id=id)
            except TooLarge:
                continue
            return

    def _event(self, job: ChatJob, claim: Claim, ending: Ending) -> ChatCompleted:
        live = claim.live
        completed = ChatCompleted(
            request=job.request,
            user=job.user,
            model=job.model,
            answers=ending.answers,
            usage=ending.usage,
            at=self._clock(),
            chat=live.chat,
            message_id=live.message_id,
            passages=live.passages,
            worker=self._worker,
            attempt=job.attempt,
            requested_model=job.requested_model,
        )
        fields = {name: getattr(completed, name) for name in completed.__struct_fields__}
        if ending.failure is None:
            return completed
        if ending.state == "cancelled":
            return ChatCancelled(**fields)
        return ChatFailed(**fields, failure=ending.failure)


def _record(event: ChatCompleted, state: str) -> AuditRecord:
    return AuditRecord(
        id=f"{event.request}.answer",
        at=event.at,
        actor=event.user,
        action="answer.generate",
        resource=event.request,
        outcome="failed" if state == "failed" else "ok",
        detail={
            "model": event.model,
            "requested_model": event.requested_model or event.model,
            "state": state,
            "prompt_tokens": event.usage.prompt_tokens,
            "completion_tokens": event.usage.completion_tokens,
        },
        trace_id=telemetry.trace_id(),
    )
