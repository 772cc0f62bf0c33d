"""The embedder, asked over the bus."""

from collections.abc import Sequence

from services.retriever.ports import Vector
from shared import subjects
from shared.broker import Bus
from shared.errors import InternalError
from shared.messages import EmbedReply, EmbedRequest

DIMENSIONS = 384
"""What the column takes; another model needs a migration and every document anew."""
QUERY_TIMEOUT_S = 1.5
BATCH_TIMEOUT_S = 60.0
"""Bulk waits for questions and for other bulk."""


class BusEmbedder:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def query(self, text: str) -> Vector:
        (vector,) = await self._ask(subjects.EMBED_QUERY, [text], QUERY_TIMEOUT_S)
        return vector

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return await self._ask(subjects.EMBED_BATCH, texts, BATCH_TIMEOUT_S)

    async def _ask(self, subject: str, texts: Sequence[str], timeout_s: float) -> Sequence[Vector]:
        request = EmbedRequest(texts=tuple(texts))
        reply = await self._bus.request(subject, request, EmbedReply, timeout_s=timeout_s)
        if reply.dimensions != DIMENSIONS or len(reply.vectors) != len(texts):
            raise InternalError(
                f"The embedder serves {reply.model}, whose vectors have {reply.dimensions} numbers "
                f"instead of {DIMENSIONS}, and sent {len(reply.vectors)} for {len(texts)} texts."
            )
        return reply.vectors
