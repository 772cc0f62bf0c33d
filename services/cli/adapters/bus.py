"""Jobs straight onto NATS, without an edge between: a receiver of our own, and whoever serves the model."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self
from uuid import uuid4

import msgspec

from services.cli.adapters.jobs import BusJobs
from services.cli.adapters.roster import Roster
from services.cli.domain import Completion, JobLine
from shared.broker import NatsBus, ensure_bus
from shared.errors import SluiceError, Unavailable
from shared.messages import (
    ChatJob,
    ChatMessage,
    Finished,
    FinishReason,
    Piece,
    Sampling,
    ServedModel,
    Text,
    Usage,
    WorkerStatus,
    end_of,
    parts_of,
)
from shared.streams import Receiver

Messages = str | Sequence[ChatMessage]


class BusClient:
    """Publishes jobs on NATS and reads their answers.

        async with BusClient("nats://127.0.0.1:4222") as client:
            async for text in client.stream("Why is the sky blue?"):
                print(text, end="")

    `publisher` is the last token of the jobs' subject; a broker that checks who publishes wants the name of the
    connection's user there. Every method raises one of `shared.errors`; whoever stops reading an answer, or is
    cancelled meanwhile, cancels the job, which frees its slot in the engine.
    """

    def __init__(self, nats_url: str, *, publisher: str = "cli", timeout_s: float = 600.0) -> None:
        """`timeout_s`: how long one answer may take, waiting in the queue included."""
        self._url = nats_url
        self._publisher = publisher
        self._timeout_s = timeout_s
        self._roster = Roster()
        self._receiver = Receiver(inbox=f"{publisher}-{uuid4().hex}", publisher=publisher)
        self._bus: NatsBus | None = None
        self._jobs: BusJobs | None = None
        self._ticks: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Raises `Unavailable` when no server answers within two seconds."""
        bus = await NatsBus.connect(self._url, f"sluice-{self._publisher}")
        try:
            await ensure_bus(bus.client)
            await self._receiver.start(bus)
            await self._roster.start(bus)
        except SluiceError:
            await bus.close()
            raise
        self._bus, self._jobs = bus, BusJobs(bus, self._receiver, self._publisher)
        self._ticks = asyncio.create_task(self._receiver.run(), name="receiver")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ticks is not None:
            self._ticks.cancel()
            await asyncio.wait([self._ticks])
        if self._bus is not None:
            await self._receiver.close()
            await self._bus.close()

    async def workers(self) -> list[WorkerStatus]:
        """Who is there. Workers report once a second: right after connecting this waits for the first reports."""
        return await self._roster.workers()

    async def models(self) -> list[ServedModel]:
        return await self._roster.models()

    async def stream(
        self, messages: Messages, *, model: str = "", sampling: Sampling | None = None
    ) -> AsyncGenerator[str]:
        """The answer's text as it comes; the empty `model` takes the only one there is, or the first by name."""
        job = await self._job(messages, model, sampling or Sampling())
        async with aclosing(self._answer(job)) as steps:
            async for pieces in steps:
                if text := text_of(pieces):
                    yield text

    async def complete(self, line: JobLine) -> Completion:
        """The whole answer to one line of a batch."""
        return await self._whole(await self._job(line.turns, line.model, line.sampling))

    async def ask_again(self, job: ChatJob) -> Completion:
        """The same question as a new request of ours; no conversation hears of it."""
        fresh = await self._job(job.messages, job.model, job.sampling)
        return await self._whole(msgspec.structs.replace(fresh, passages=job.passages))

    async def _whole(self, job: ChatJob) -> Completion:
        texts: list[str] = []
        reason: FinishReason = "stop"
        usage = Usage()
        async with aclosing(self._answer(job)) as steps:
            async for pieces in steps:
                texts.append(text_of(pieces))
                reason = finish_reason_of(pieces) or reason
                usage = end.usage if (end := end_of(pieces)) else usage
        return Completion(job.model, "".join(texts), reason, usage, job.request)

    async def _job(self, messages: Messages, model: str, sampling: Sampling) -> ChatJob:
        """`batch`: interactive questions come first."""
        served = await self._roster.resolve(model)
        now = time.time()
        return ChatJob(
            request=uuid4().hex,
            user=self._publisher,
            model=served.name,
            requested_model=model if model != served.name else "",
            messages=(ChatMessage("user", messages),) if isinstance(messages, str) else tuple(messages),
            inbox=self._receiver.inbox,
            stream=0,
            created_at=now,
            deadline=now + self._timeout_s,
            sampling=sampling,
            priority="batch",
        )

    def _answer(self, job: ChatJob) -> AsyncGenerator[list[Piece]]:
        if self._jobs is None:
            raise Unavailable("The client is not connected: use it in `async with`.")
        return self._jobs.answer(job)


def text_of(pieces: list[Piece]) -> str:
    return "".join(part.text for part in parts_of(pieces) if isinstance(part, Text))


def finish_reason_of(pieces: list[Piece]) -> FinishReason | None:
    reasons: list[FinishReason] = [part.reason for part in parts_of(pieces) if isinstance(part, Finished)]
    return reasons[-1] if reasons else None
