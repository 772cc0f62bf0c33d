"""A model without weights: it counts letters. It keeps the contract of `services.embedder.ports.Encoder`."""

import asyncio
import math
import struct
from collections.abc import Sequence

from services.embedder.ports import Encoding


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
        tokens = min(len(text.split()) + 2, self.max_tokens)
        return Encoding(struct.pack(f"<{self.dimensions}f", *unit), tokens)
