"""The engine for a machine without weights: it quotes the passages that retrieval has found, and says so."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from services.inference.adapters.feeds import Feeds
from services.inference.adapters.mailbox import Mailbox
from services.inference.domain import formats, quoting
from services.inference.domain.saying import spoken
from services.inference.domain.words import count
from services.inference.ports import EngineStats, Output, Resume
from shared.errors import Cancelled, ContextLengthExceeded, EngineFailed
from shared.messages import ChatJob, Finished, FinishReason, Part, ServedModel, Started, Text, Usage

SLOTS = 64
CONTEXT_TOKENS = 8192
PIECE_S = 0.04
"""Between two sentences: a reader sees the answer come, as from other engines."""


class ExtractiveEngine:
    """Its ids count the pieces of an answer. The same job gives the same pieces, so that it can go on after any."""

    name = "extractive"
    resume: Resume = "ids"
    instructed = False

    def __init__(
        self, *, worker: str, models: tuple[ServedModel, ...] = (), piece_s: float = PIECE_S
    ) -> None:
        known = models or (ServedModel("sluice-extractive", CONTEXT_TOKENS),)
        self.models = tuple(msgspec.structs.replace(model, tools=False) for model in known)
        self._worker = worker
        self._piece_s = piece_s
        self._feeds = Feeds()

    async def start(self) -> None:
        """There is nothing to load."""

    def stream(self, job: ChatJob, resume_ids: tuple[int, ...] = ()) -> Mailbox:
        return self._feeds.open(job.request, self._outputs(job, len(resume_ids) // job.sampling.n))

    async def said(self, job: ChatJob, ids: tuple[int, ...]) -> tuple[Part, ...]:
        pieces, _ = _limited(quoting.answer(_question(job), job.passages), job)
        return spoken("".join(pieces[: len(ids)]))

    async def abort(self, request: str) -> None:
        self._feeds.close(request, Cancelled("The request was aborted."))

    async def health(self) -> None:
        """What has nothing to load cannot break."""

    def stats(self) -> EngineStats:
        return EngineStats(SLOTS, running=len(self._feeds))

    async def drain(self) -> None:
        await self._feeds.drain()

    async def stop(self) -> None:
        self._feeds.close_all(EngineFailed("The engine was stopped."))

    async def _outputs(self, job: ChatJob, shown: int) -> AsyncGenerator[Output, None]:
        if (refusal := formats.refusal(job)) is not None:
            raise refusal
        tokens = sum(count(message.text) for message in job.messages)
        if tokens + (job.sampling.max_tokens or 1) > CONTEXT_TOKENS:
            raise ContextLengthExceeded(
                f"The prompt and its answer may have {CONTEXT_TOKENS} words together."
            )
        pieces, reason = _limited(quoting.answer(_question(job), job.passages), job)
        choices = range(job.sampling.n)
        parts: list[Part] = [Started(self._worker, job.model, job.attempt, tokens)]
        replayed = spoken("".join(pieces[:shown]))
        last = len(pieces) - 1
        for place in range(min(shown, last), len(pieces)):
            is_new = place >= shown
            ids = tuple(place for _ in choices) if is_new else ()
            if is_new:
                parts.extend(Text(pieces[place], choice) for choice in choices)
            usage = None
            if place == last:
                parts.extend(Finished(reason, choice) for choice in choices)
                usage = Usage(tokens, len(choices) * sum(count(piece) for piece in pieces))
            yield Output(ids, tuple(parts), usage, replayed)
            parts, replayed = [], ()
            await asyncio.sleep(self._piece_s)


def _question(job: ChatJob) -> str:
    if isinstance(job.prompt, str):
        return job.prompt
    asked = [message.text for message in job.messages if message.role == "user"]
    return asked[-1] if asked else ""


def _limited(pieces: list[str], job: ChatJob) -> tuple[list[str], FinishReason]:
    """`max_tokens` cuts between words, `stop` where it stands."""
    text = "".join(pieces)
    ends = [place for stop in job.sampling.stop if (place := text.find(stop)) >= 0]
    if ends:
        return _cut(pieces, min(ends)), "stop"
    wanted = job.sampling.max_tokens
    if wanted is None or count(text) <= wanted:
        return pieces, "stop"
    end = next(place for place in range(len(text), -1, -1) if count(text[:place]) <= wanted)
    return _cut(pieces, end), "length"


def _cut(pieces: list[str], left: int) -> list[str]:
    kept: list[str] = []
    for piece in pieces:
        kept.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return kept
