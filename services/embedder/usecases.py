"""Two lanes to one model: questions first, bulk in the time that they leave.

Texts that wait are computed together, a block at a time, whichever requests they belong to. Bulk gets a block
only when no question waits; so a question waits for the block in hand and for earlier questions, never longer.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from services.embedder.domain import Lane, Waiting
from services.embedder.ports import Encoder, Encoding
from shared.errors import InvalidRequest, ModelNotFound, QueueFull, Unavailable
from shared.messages import EmbeddingModel, EmbedReply, EmbedRequest

LaneName = Literal["query", "batch"]

SLOWEST_START_S = 0.05
"""What a text is taken to cost before one was measured."""
SMOOTHING = 0.2
STOPPING = "The embedder is stopping."


class LaneRules(msgspec.Struct, frozen=True):
    waiting: int
    """Texts that may wait."""
    patience_s: float
    """A request that has not begun by then is refused."""


class Embedding:
    """`aliases`: names that the model answers to beside its own.

    `embed` may be called many times at once; `run` does the work, and somebody has to hold its task."""

    def __init__(
        self,
        encoder: Encoder,
        *,
        query: LaneRules,
        batch: LaneRules,
        block_texts: int = 8,
        aliases: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._encoder = encoder
        self._rules = {"query": query, "batch": batch}
        self._lanes: dict[str, Lane[Encoding]] = {
            name: Lane(rules.waiting) for name, rules in self._rules.items()
        }
        self._block_texts = block_texts
        self._aliases = aliases
        self._created_at = time.time()
        self._clock = clock
        self._arrived = asyncio.Event()
        self._text_s = SLOWEST_START_S

    @property
    def model(self) -> EmbeddingModel:
        encoder = self._encoder
        return EmbeddingModel(
            encoder.model, encoder.dimensions, encoder.max_tokens, self._aliases, self._created_at
        )

    async def embed(self, request: EmbedRequest, lane: LaneName) -> EmbedReply:
        """Raises `QueueFull` at once when the lane has no room, `Unavailable` when its turn came too late;
        `ModelNotFound` or `InvalidRequest` for what this model is not."""
        self._check(request)
        waiting = self._join(request.texts, lane)
        encodings = await waiting.done
        return EmbedReply(
            model=self._encoder.model,
            dimensions=self._encoder.dimensions,
            vectors=tuple(encoding.vector for encoding in encodings),
            tokens=sum(encoding.tokens for encoding in encodings),
            truncated=tuple(at for at, encoding in enumerate(encodings) if encoding.truncated),
        )

    async def run(self) -> None:
        """Until cancelled; what still waits then is refused."""
        try:
            while True:
                await self._arrived.wait()
                await self._compute(self._next_block())
        finally:
            for lane in self._lanes.values():
                fail(lane.clear(), Unavailable(STOPPING))

    def _check(self, request: EmbedRequest) -> None:
        encoder = self._encoder
        if request.model not in ("", encoder.model, *self._aliases):
            raise ModelNotFound(f"The embedding model '{request.model}' does not exist.", param="model")
        if request.dimensions not in (0, encoder.dimensions):
            raise InvalidRequest(
                f"Vectors of '{encoder.model}' have {encoder.dimensions} numbers, and mean nothing when cut.",
                param="dimensions",
            )

    def _join(self, texts: Sequence[str], name: LaneName) -> Waiting[Encoding]:
        lane, rules = self._lanes[name], self._rules[name]
        if not lane.has_room(len(texts)):
            raise QueueFull("The embedder has too much to do.", retry_after_s=self._text_s * lane.texts)
        waiting: Waiting[Encoding] = Waiting(texts, self._clock() + rules.patience_s)
        lane.join(waiting)
        self._arrived.set()
        return waiting

    def _next_block(self) -> list[tuple[Waiting[Encoding], str]]:
        for lane in (self._lanes["query"], self._lanes["batch"]):
            block, late = lane.take(self._block_texts, self._clock())
            fail(late, Unavailable("The embedder was too busy.", retry_after_s=self._text_s * lane.texts))
            if block:
                return block
        self._arrived.clear()
        return []

    async def _compute(self, block: list[tuple[Waiting[Encoding], str]]) -> None:
        if not block:
            return
        began = self._clock()
        encode = self._encoder.encode([text for _, text in block])
        try:
            (outcome,) = await asyncio.gather(encode, return_exceptions=True)
        except asyncio.CancelledError:
            fail([waiting for waiting, _ in block], Unavailable(STOPPING))
            raise
        if isinstance(outcome, BaseException):
            fail([waiting for waiting, _ in block], outcome)
            return
        for (waiting, _), encoding in zip(block, outcome, strict=True):
            waiting.give(encoding)
        self._text_s += SMOOTHING * ((self._clock() - began) / len(block) - self._text_s)


def fail(requests: Sequence[Waiting[Encoding]], error: BaseException) -> None:
    for waiting in requests:
        waiting.fail(error)
