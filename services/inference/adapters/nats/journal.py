"""How answers ended, onto the durable streams of events and audit. The edge records who asked, we what it took."""

from collections.abc import Callable

from services.inference.domain.attempts import Attempt
from services.inference.ports import Claim
from shared import subjects, telemetry
from shared.broker import Bus
from shared.messages import AuditRecord, ChatCancelled, ChatCompleted, ChatFailed


class NatsJournal:
    """Message ids are the request's, so that a second telling, or a second worker's, stores nothing."""

    def __init__(self, bus: Bus, worker: str, clock: Callable[[], float]) -> None:
        self._bus = bus
        self._worker = worker
        self._clock = clock

    async def ended(self, attempt: Attempt, claim: Claim) -> None:
        event, kind = self._event(attempt, claim)
        await self._bus.append(subjects.event(kind, event.user), event, id=event.request)
        await self._bus.append(
            subjects.audit("inference"), self._record(attempt, event), id=f"{event.request}:answer"
        )

    def _event(self, attempt: Attempt, claim: Claim) -> tuple[ChatCompleted, str]:
        job, live = attempt.job, claim.live
        completed = ChatCompleted(
            request=job.request,
            user=job.user,
            model=job.model,
            answers=attempt.answers(),
            usage=attempt.usage,
            at=self._clock(),
            chat=live.chat,
            message_id=live.message_id,
            passages=live.passages,
            worker=self._worker,
            attempt=job.attempt,
        )
        fields = {name: getattr(completed, name) for name in completed.__struct_fields__}
        if attempt.state == "complete":
            return completed, "completed"
        if attempt.state == "cancelled" or attempt.failure is None:
            return ChatCancelled(**fields), "cancelled"
        return ChatFailed(**fields, failure=attempt.failure), "failed"

    def _record(self, attempt: Attempt, event: ChatCompleted) -> AuditRecord:
        usage = event.usage
        return AuditRecord(
            id=f"{event.request}.answer",
            at=event.at,
            actor=event.user,
            action="answer.generate",
            resource=event.request,
            outcome="failed" if attempt.state == "failed" else "ok",
            detail={
                "model": event.model,
                "state": attempt.state,
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
            },
            trace_id=telemetry.trace_id(),
        )
