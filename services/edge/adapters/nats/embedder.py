"""The embedder, asked over the bus."""

from services.edge.ports.embedding import Lane
from shared import subjects
from shared.broker import Bus
from shared.errors import InternalError, Unavailable
from shared.messages import EmbeddingModel, EmbeddingModelRequest, EmbedReply, EmbedRequest

LANES: dict[Lane, tuple[str, float]] = {
    "query": (subjects.EMBED_QUERY, 2.2),
    "batch": (subjects.EMBED_BATCH, 60.0),
}
"""Each lane's subject, and how long its reply may take: as long as the embedder lets a request wait by default."""
MODEL_TIMEOUT_S = 0.5
"""The list of models is worth no longer wait."""


class BusEmbedder:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def embed(self, request: EmbedRequest, lane: Lane) -> EmbedReply:
        subject, timeout_s = LANES[lane]
        reply = await self._bus.request(subject, request, EmbedReply, timeout_s=timeout_s)
        if len(reply.vectors) != len(request.texts):
            raise InternalError(
                f"The embedder sent {len(reply.vectors)} vectors for {len(request.texts)} texts."
            )
        return reply

    async def models(self) -> list[EmbeddingModel]:
        request = EmbeddingModelRequest()
        try:
            model = await self._bus.request(
                subjects.EMBED_MODEL, request, EmbeddingModel, timeout_s=MODEL_TIMEOUT_S
            )
        except Unavailable:
            return []
        return [model]
