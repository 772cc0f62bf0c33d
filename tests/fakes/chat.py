"""The ports of chat in memory: what the workers would say is written by the test."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from services.edge.domain.conversations import Beginning, GoingOn, Turn
from services.edge.domain.identity import Principal
from services.edge.domain.live import LiveAnswer
from services.edge.domain.parts import MessagePart
from services.edge.ports.audit import Outcome
from services.edge.ports.history import Titles
from services.edge.usecases.titling import TitleRules, Titling
from shared.errors import Conflict, ModelNotFound, NotFound, SluiceError, Unavailable
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

STOPPED = Failure("cancelled", "The answer was stopped.")

Batch = Sequence[Part]


class ScriptedJobs:
    """Answers every job at once, through a real receiver: `batches`, then an end with `failure`.

    With `hold` set, the end stays away.
    """

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.later: list[list[Batch]] = []
        """What the jobs after the first are answered with, each in its turn; none left: as the one before."""
        self.failure: Failure | None = None
        self.usage = USAGE
        self.hold = False
        self.refusal: SluiceError | None = None
        self.silent = False
        self.submitted: list[ChatJob] = []
        self.cancelled: list[str] = []
        self.detached: list[tuple[str, int]] = []
        self.live: dict[str, LiveAnswer] = {}
        self.shared: set[str] = set()
        self.opened: list[Incoming] = []
        self.attached: list[Incoming] = []
        self.stopped: Callable[[str], None] = lambda _: None
        """What an edge does that hears of a stop."""
        self._replays: list[asyncio.Task[None]] = []
        self._told: defaultdict[str, list[Delta]] = defaultdict(list)
        self._receiver = Receiver(inbox="test")
        self._said = defaultdict[int, int](int)
        self._sequence = 0

    @property
    def inbox(self) -> str:
        return self._receiver.inbox

    def open(self, request: str) -> Incoming:
        self.opened.append(self._receiver.open(request))
        return self.opened[-1]

    def lose_worker(self) -> None:
        """As the receiver does when a worker has been silent for long."""
        for incoming in self.opened:
            incoming.worker = ""

    async def submit(self, job: ChatJob, notices: tuple[str, ...] = (), *, goes_on: bool = False) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.submitted.append(job)
        self.live[job.chat] = _live(job, notices, goes_on)
        if not self.silent:
            await self.say(job, [Started("worker", job.model, 1, 7)])
            batches = self.batches
            if self.later:
                self.batches = self.later.pop(0)
            for batch in batches:
                await self.say(job, batch)
            if not self.hold:
                await self.say(job, [], End(self.usage, self.failure))

    async def say(self, job: ChatJob, parts: Batch, end: End | None = None) -> None:
        index = self._said[job.stream]
        ids = () if end else (index,)  # one each, so that no delta is taken for a repeat of another
        self._said[job.stream] += len(ids)
        self._sequence += 1
        delta = Delta(job.stream, 1, index, ids, tuple(parts), end)
        self._told[job.request].append(delta)
        if end is not None:
            self.live.pop(job.chat, None)
        readers = [one.number for one in self.attached if one.request == job.request]
        await self._send([msgspec.structs.replace(delta, stream=stream) for stream in (job.stream, *readers)])

    async def _replay(self, incoming: Incoming) -> None:
        told = self._told[incoming.request]
        await self._send([msgspec.structs.replace(delta, stream=incoming.number) for delta in told])

    async def end(self, job: ChatJob) -> None:
        await self.say(job, [], End(self.usage, self.failure))

    async def cancel(self, request: str) -> None:
        self.cancelled.append(request)
        self.live = {chat: live for chat, live in self.live.items() if live.request != request}
        self.stopped(request)
        for job in self.submitted:
            if job.request == request and self.hold and not self.silent:
                await self.say(job, [Finished("cancelled")], End(USAGE, STOPPED))

    async def find(self, chat: str) -> LiveAnswer | None:
        return self.live.get(chat)

    async def attach(self, live: LiveAnswer) -> Incoming:
        self.shared.add(live.request)
        incoming = self._receiver.open(live.request)
        self.attached.append(incoming)
        self._replays.append(asyncio.create_task(self._replay(incoming)))
        return incoming

    async def is_shared(self, job: ChatJob) -> bool:
        return job.request in self.shared

    async def detach(self, request: str, stream: int) -> None:
        self.detached.append((request, stream))

    async def _send(self, deltas: list[Delta]) -> None:
        self._sequence += 1
        frame = Frame("worker", seq=self._sequence, deltas=deltas)
        self._receiver.receive([msgspec.msgpack.encode(frame)])


def _live(job: ChatJob, notices: tuple[str, ...], goes_on: bool) -> LiveAnswer:
    return LiveAnswer(
        request=job.request,
        user=job.user,
        chat=job.chat,
        message_id=job.message_id,
        model=job.model,
        created_at=job.created_at,
        deadline=job.deadline,
        choices=job.sampling.n,
        passages=job.passages,
        notices=notices,
        goes_on=goes_on,
    )


def finished(*batches: Batch) -> list[Batch]:
    return [*batches, [Finished("stop")]]


class FixedWorkers:
    def __init__(self) -> None:
        self.model = MODEL
        self.away = False
        self.rate = 0.0

    async def resolve(self, model: str) -> ServedModel:
        if self.away:
            raise Unavailable("No worker is there at the moment.")
        if model not in ("", MODEL.name, *MODEL.aliases):
            raise ModelNotFound(f"The model '{model}' does not exist.", param="model")
        return self.model

    def serves(self, model: str) -> bool:
        return not self.away

    def models(self) -> list[ServedModel]:
        return [] if self.away else [self.model]

    def drain_rate(self) -> float:
        return self.rate


class TurnLog:
    def __init__(self) -> None:
        self.begun: list[Turn] = []
        self.gone_on: list[GoingOn] = []
        self.held: tuple[MessagePart, ...] = ()
        """What an answer held before it went on."""
        self.conflicts = 0
        """So often an answer that shall go on is still being written."""
        self.finished: list[ChatCompleted] = []
        self.refusal: SluiceError | None = None

    async def begin_turn(self, turn: Turn) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.begun.append(turn)

    async def go_on(self, going: GoingOn) -> Beginning:
        if self.refusal is not None:
            raise self.refusal
        if self.conflicts:
            self.conflicts -= 1
            raise Conflict("The answer is still being written.")
        self.gone_on.append(going)
        return Beginning(going.outcomes.answer or "found", ())

    async def beginning(self, user: str, chat: str, message_id: str) -> tuple[MessagePart, ...]:
        return self.held

    async def finish_turn(self, event: ChatCompleted) -> None:
        self.finished.append(event)

    async def require(self, user: str, chat: str) -> None:
        if not any((turn.user, turn.chat) == (user, chat) for turn in self.begun):
            raise NotFound("There is no such conversation.")


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
        id: str = "",
    ) -> AuditRecord:
        return AuditRecord(id or "a1", 0.0, actor, action, resource, outcome, detail or {})

    async def keep(self, record: AuditRecord) -> None:
        self.records.append((record.action, record.outcome, record.detail))


def no_titles(history: Titles) -> Titling:
    """Of an edge whose engines give none."""
    jobs, audit = ScriptedJobs(), AuditLog()
    return Titling(jobs=jobs, history=history, audit=audit, engine_of=lambda _: "", rules=TitleRules())
