"""Texts as vectors."""

from typing import Literal, Protocol

from shared.messages import EmbeddingModel, EmbedReply, EmbedRequest

Lane = Literal["query", "batch"]


class Embedder(Protocol):
    async def embed(self, request: EmbedRequest, lane: Lane) -> EmbedReply:
        """A question goes before bulk, and is refused sooner. Raises `ModelNotFound`, `InvalidRequest`, `QueueFull` or
        `Unavailable`."""
        ...

    async def models(self) -> list[EmbeddingModel]:
        """What is served at this moment; nothing while the embedder is away."""
        ...
