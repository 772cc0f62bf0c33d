"""The answer's text and nothing else, for `streamProtocol: 'text'` and for reading with curl."""

from services.edge.usecases.answers import AnswerStream
from shared.messages import Delta, Text

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

    def encode(self, deltas: list[Delta]) -> bytes:
        text = "".join(part.text for delta in deltas for part in delta.parts if type(part) is Text)
        end = deltas[-1].end
        if end is not None and end.failure is not None:
            text += f"\n\n[The answer broke off: {end.failure.message}]\n"
        return text.encode()
