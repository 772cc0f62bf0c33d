"""The answer's text and nothing else, for `streamProtocol: 'text'` and for reading with curl."""

from services.edge.usecases.answers import AnswerStream
from shared.messages import Piece, Text, end_of, parts_of

HEADERS = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


class TextStream:
    headers = HEADERS
    keep_alive = b""

    def begin(self, answer: AnswerStream) -> bytes:  # noqa: ARG002 - the format has nothing to begin with
        return b""

    def encode(self, pieces: list[Piece]) -> bytes:
        text = "".join(part.text for part in parts_of(pieces) if isinstance(part, Text))
        end = end_of(pieces)
        if end is not None and end.failure is not None:
            text += f"\n\n[The answer broke off: {end.failure.message}]\n"
        return text.encode()
