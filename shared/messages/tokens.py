"""The token plane: what a worker sends a receiver on `tokens.<inbox>`.

Arrays on the wire (a field is its position): append fields, never reorder them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from .base import Failure, FinishReason


class _Part(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=True):
    """A piece of an answer; `choice` counts from 0 to `n - 1`."""


class Started(_Part, frozen=True, tag="started"):
    """The first part of an attempt: who generates, and from how much."""

    worker: str
    model: str
    attempt: int
    prompt_tokens: int
    cached_tokens: int = 0


class Text(_Part, frozen=True, tag="text"):
    text: str
    choice: int = 0


class Reasoning(_Part, frozen=True, tag="reasoning"):
    text: str
    choice: int = 0


class ToolCall(_Part, frozen=True, tag="tool"):
    """A piece of a tool call: id and name in its first piece, then more of the arguments' JSON text."""

    position: int
    id: str
    name: str
    arguments: str
    choice: int = 0


class TokenLogprob(msgspec.Struct, frozen=True, array_like=True, gc=False):
    token: str
    logprob: float
    bytes: tuple[int, ...]


class Logprobs(_Part, frozen=True, tag="logprobs"):
    """For each token of the delta, its own log probability followed by the likeliest ones'."""

    tokens: tuple[tuple[TokenLogprob, ...], ...]
    choice: int = 0


class Finished(_Part, frozen=True, tag="finished"):
    """One choice is complete."""

    reason: FinishReason
    choice: int = 0


Part = Started | Text | Reasoning | ToolCall | Logprobs | Finished


class Usage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Tokens, as OpenAI counts them, over all attempts."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    """Of the completion's."""

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class End(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The terminal delta's: nothing follows it."""

    usage: Usage
    failure: Failure | None = None
    """Set when the answer failed; also `code='cancelled'` when it was stopped."""


class Delta(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one engine step added to one stream.

    Of two deltas the one with the higher fence holds. Within a fence `index` says where `ids` begin
    in the answer: behind what is known is a repeat, ahead of it a gap.
    """

    stream: int
    fence: int
    index: int
    ids: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()
    end: End | None = None


Piece = str | Delta
"""A delta as its reader gets it: one token of plain text is no more than its text."""


def end_of(pieces: Sequence[Piece]) -> End | None:
    """The end of an answer is in the last of its pieces."""
    last = pieces[-1]
    return last.end if isinstance(last, Delta) else None


def parts_of(pieces: Iterable[Piece]) -> Iterator[Part]:
    for piece in pieces:
        if isinstance(piece, str):
            yield Text(piece)
        else:
            yield from piece.parts


class Frame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that one engine step adds for one receiver; `seq` counts up by one for each receiver.

    Plain deltas travel column by column: a receiver reads five lists instead of making six objects a token,
    which halves what a token costs it. Row n of the columns is a delta of one token and its text, in the first
    choice. What is more than that is in `deltas`, and comes after the rows of its stream.
    """

    worker: str
    seq: int
    streams: list[int] = []
    fences: list[int] = []
    indices: list[int] = []
    ids: list[int] = []
    texts: list[str] = []
    deltas: list[Delta] = []

    def __post_init__(self) -> None:
        rows = len(self.streams)
        if not rows == len(self.fences) == len(self.indices) == len(self.ids) == len(self.texts):
            raise ValueError("the columns of a frame differ in length")
