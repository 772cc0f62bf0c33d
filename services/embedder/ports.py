"""What embedding needs from outside."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Encoding(msgspec.Struct, frozen=True):
    vector: bytes
    """Little-endian float32, unit length."""
    tokens: int
    """What the model read of the text, special tokens included."""
    truncated: bool = False
    """There was more of the text than the model takes."""


class Encoder(Protocol):
    """The model. `MiniLM` is the real one, `tests.fakes.embedder.LetterEncoder` the other."""

    @property
    def model(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def max_tokens(self) -> int:
        """Of a longer text only so many are read, special tokens included."""
        ...

    async def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """An encoding a text, in order. Computes off the event loop, one call at a time."""
        ...
