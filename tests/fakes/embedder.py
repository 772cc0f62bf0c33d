"""A model without weights: it counts letters. `LetterEncoder` keeps the contract of `services.embedder.ports.Encoder`,
`FixedEmbedder` that of `services.edge.ports.embedding.Embedder`."""

import asyncio
import math
import struct
from collections.abc import Sequence

from services.edge.ports.embedding import Lane
from services.embedder.ports import Encoding
from shared.errors import InvalidRequest, ModelNotFound, Unavailable
from shared.messages import EmbeddingModel, EmbedReply, EmbedRequest


class LetterEncoder:
    """`blocks` is what it was asked to compute, in order. While `gate` is clear, it computes nothing."""

    model = "letters"
    dimensions = 26
    max_tokens = 256

    def __init__(self) -> None:
        self.blocks: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.blocks.append(list(texts))
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [self.encoding(text) for text in texts]

    def encoding(self, text: str) -> Encoding:
        counts = [float(text.lower().count(chr(ord("a") + n))) for n in range(self.dimensions)]
        length = math.sqrt(sum(count * count for count in counts))
        unit = [count / length for count in counts] if length else [1.0] + [0.0] * (self.dimensions - 1)
        tokens = len(text.split()) + 2
        vector = struct.pack(f"<{self.dimensions}f", *unit)
        return Encoding(vector, min(tokens, self.max_tokens), truncated=tokens > self.max_tokens)


class FixedEmbedder:
    """`asked` is what it was asked for, in order."""

    def __init__(self) -> None:
        self.encoder = LetterEncoder()
        self.asked: list[tuple[EmbedRequest, Lane]] = []
        self.away = False
        self.model = EmbeddingModel("letters", 26, 256, ("text-embedding-3-small",), 1_700_000_000.0)

    async def embed(self, request: EmbedRequest, lane: Lane) -> EmbedReply:
        self.asked.append((request, lane))
        if self.away:
            raise Unavailable("The embedder is away.")
        if request.model not in ("", self.model.name, *self.model.aliases):
            raise ModelNotFound(f"The embedding model '{request.model}' does not exist.", param="model")
        if request.dimensions not in (0, self.model.dimensions):
            raise InvalidRequest("Vectors have 26 numbers.", param="dimensions")
        encodings = await self.encoder.encode(request.texts)
        return EmbedReply(
            model=self.model.name,
            dimensions=self.model.dimensions,
            vectors=tuple(encoding.vector for encoding in encodings),
            tokens=sum(encoding.tokens for encoding in encodings),
            truncated=tuple(at for at, encoding in enumerate(encodings) if encoding.truncated),
        )

    async def models(self) -> list[EmbeddingModel]:
        return [] if self.away else [self.model]
