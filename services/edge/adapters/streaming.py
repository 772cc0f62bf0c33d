"""What the wire formats of a streamed answer have in common."""

from collections.abc import AsyncIterator
from typing import Protocol, TypeVar

import msgspec

from services.edge.ports.chat import Write
from shared.messages import Piece

encode_json = msgspec.json.Encoder().encode


class Answer(Protocol):
    """What a response needs of `AnswerStream`, or of several of them."""

    @property
    def choices(self) -> int: ...
    @property
    def known(self) -> int: ...
    async def first(self, timeout_s: float | None = None) -> None: ...
    def __aiter__(self) -> AsyncIterator[list[Piece]]: ...
    async def pour(self, write: Write) -> None: ...
    async def leave(self, *, may_return: bool = False) -> None: ...


A_contra = TypeVar("A_contra", contravariant=True)


class StreamFormat(Protocol[A_contra]):
    """One answer's bytes. `encode` is called once for each batch of pieces: the hot path of the edge."""

    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def keep_alive(self) -> bytes:
        """Bytes without a meaning, for proxies that end quiet streams; empty where the format has none."""
        ...

    def begin(self, answer: A_contra) -> bytes: ...
    def encode(self, pieces: list[Piece]) -> bytes:
        """Nothing comes after the bytes of the piece that has an end."""
        ...


def quoted(text: str) -> bytes:
    """`text` as a JSON string on one line, whoever splits the lines.

    U+0085, U+2028 and U+2029 need no escape in JSON, but end a line for Python's `splitlines` and for some
    readers of event streams.
    """
    data = encode_json(text)
    return data if text.isascii() else one_line(data)


def one_line(data: bytes) -> bytes:
    """JSON text in which those are written as escapes."""
    if data.isascii():
        return data
    data = data.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return data.replace(b"\xc2\x85", b"\\u0085")
