"""The ports of chat in memory: what the workers would say is written by the test."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from services.edge.domain.conversations import Turn
from services.edge.domain.identity import Principal
from services.edge.ports.audit import Outcome
from shared.errors import ModelNotFound, SluiceError, Unavailable
from shared.messages import (
    AuditRecord,
    ChatCompleted,
    ChatJob,
    Delta,
    End,
    Failure,
    Finished,
    Frame,
    Part,
    Passage,
    ServedModel,
    Started,
    Usage,
)
from shared.streams import Incoming, Receiver

MODEL = ServedModel("fake", 4096, aliases=("gpt-4-local",), created_at=1_700_000_000.0)
USAGE = Usage(prompt_tokens=7, completion_tokens=3)

Batch = Sequence[Part]


class ScriptedJobs:
    """Answers every job at once, through a real receiver: `batches`, then an end with `failure`.

    With `hold` set, the end stays away.
    """

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.failure: Failure | None = None
        self.hold = False
        self.refusal: SluiceError | None = None
        self.silent = False
        self.submitted: list[ChatJob] = []
        self.cancelled: list[str] = []
        self._receiver = Receiver(inbox="test")
        self._said = defaultdict[int, int](int)
        self._sequence = 0

    @property
    def inbox(self) -> str:
        return self._receiver.inbox

    def open(self, request: str) -> Incoming:
        return self._receiver.open(request)

    async def submit(self, job: ChatJob) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.submitted.append(job)
        if not self.silent:
            await self.say(job, [Started("worker", job.model, 1, 7)])
            for batch in self.batches:
                await self.say(job, batch)
            if not self.hold:
                await self.say(job, [], End(USAGE, self.failure))

    async def say(self, job: ChatJob, parts: Batch, end: End | None = None) -> None:
        index = self._said[job.stream]
        ids = () if end else (index,)  # one each, so that no delta is taken for a repeat of another
        self._said[job.stream] += len(ids)
        self._sequence += 1
        delta = Delta(job.stream, 1, index, ids, tuple(parts), end)
        frame = Frame("worker", seq=self._sequence, deltas=[delta])
        await self._receiver.receive("", msgspec.msgpack.encode(frame))

    async def cancel(self, job: ChatJob) -> None:
        self.cancelled.append(job.request)


def finished(*batches: Batch) -> list[Batch]:
    return [*batches, [Finished("stop")]]


class FixedWorkers:
    def __init__(self) -> None:
        self.away = False

    async def resolve(self, model: str) -> ServedModel:
        if self.away:
            raise Unavailable("No worker is there at the moment.")
        if model not in ("", MODEL.name, *MODEL.aliases):
            raise ModelNotFound(f"The model '{model}' does not exist.", param="model")
        return MODEL

    def serves(self, model: str) -> bool:
        return not self.away

    def models(self) -> list[ServedModel]:
        return [] if self.away else [MODEL]


class TurnLog:
    def __init__(self) -> None:
        self.begun: list[Turn] = []
        self.finished: list[ChatCompleted] = []
        self.refusal: SluiceError | None = None

    async def begin_turn(self, turn: Turn) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.begun.append(turn)

    async def finish_turn(self, event: ChatCompleted) -> None:
        self.finished.append(event)


class FixedPassages:
    def __init__(self) -> None:
        self.found: tuple[Passage, ...] = ()
        self.away = False
        self.queries: list[str] = []

    async def search(self, user: str, query: str, limit: int, min_score: float) -> tuple[Passage, ...]:
        self.queries.append(query)
        if self.away:
            raise Unavailable("The retriever is away.")
        return self.found


class OpenSessions:
    """`revoke()` shuts everybody out."""

    def __init__(self) -> None:
        self._revoked = asyncio.Event()

    def revoke(self) -> None:
        self._revoked.set()

    def revoked(self, principal: Principal) -> bool:
        return self._revoked.is_set()

    async def until_revoked(self, principal: Principal) -> None:
        await self._revoked.wait()


class AuditLog:
    def __init__(self) -> None:
        self.records: list[tuple[str, Outcome, dict[str, str | int | float | bool]]] = []

    async def record(
        self,
        action: str,
        *,
        actor: str,
        resource: str = "",
        outcome: Outcome = "ok",
        detail: dict[str, str | int | float | bool] | None = None,
    ) -> None:
        await self.keep(self.draft(action, actor=actor, resource=resource, outcome=outcome, detail=detail))

    def draft(
        self,
        action: str,
        *,
        actor: str,
        resource: str = "",
        outcome: Outcome = "ok",
        detail: dict[str, str | int | float | bool] | None = None,
    ) -> AuditRecord:
        return AuditRecord("a1", 0.0, actor, action, resource, outcome, detail or {})

    async def keep(self, record: AuditRecord) -> None:
        self.records.append((record.action, record.outcome, record.detail))
