"""Data stream v1, `0:"text"` and a newline, read by AI SDK 4 and earlier.

The client parses what it has when a network chunk ends in a newline, so each write is of whole lines.
"""

from services.edge.adapters.streaming import encode_json, quoted
from services.edge.adapters.vercel.sources import source_id, source_metadata, source_url
from services.edge.usecases.answers import AnswerStream
from shared.messages import End, Finished, Part, Piece, Reasoning, Text, end_of

HEADERS = {
    "content-type": "text/plain; charset=utf-8",
    "x-vercel-ai-data-stream": "v1",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


class DataStream:
    headers = HEADERS
    keep_alive = b""
    """The format has no comments, and its parser fails on an empty one."""

    def __init__(self) -> None:
        self._finish_reason = "other"

    def begin(self, answer: AnswerStream) -> bytes:
        lines = [_line(b"f", {"messageId": answer.job.message_id})]
        lines += [
            _line(b"8", [{"type": "notice", "code": notice.code, "message": notice.message}])
            for notice in answer.notices
        ]
        lines += [
            _line(
                b"h",
                {
                    "sourceType": "url",
                    "id": source_id(passage),
                    "url": source_url(passage),
                    "title": passage.title,
                    "providerMetadata": source_metadata(citation, passage),
                },
            )
            for citation, passage in enumerate(answer.job.passages, 1)
        ]
        return b"".join(lines)

    def encode(self, pieces: list[Piece]) -> bytes:
        written = [
            b"0:%b\n" % quoted(piece) if isinstance(piece, str) else b"".join(map(self._part, piece.parts))
            for piece in pieces
        ]
        if (end := end_of(pieces)) is not None:
            written.append(self._end(end))
        return b"".join(written)

    def _part(self, part: Part) -> bytes:
        if isinstance(part, Text):
            return b"0:%b\n" % quoted(part.text)
        if isinstance(part, Reasoning):
            return b"g:%b\n" % quoted(part.text)
        if isinstance(part, Finished):
            self._finish_reason = part.reason.replace("_", "-")
        return b""

    def _end(self, end: End) -> bytes:
        """After an error the client reads no further, but a reader that is not the SDK may."""
        failure = end.failure
        reason = self._finish_reason
        error = b""
        if failure is not None and failure.code == "cancelled":
            reason = "other"
        elif failure is not None:
            reason = "error"
            error = _line(b"3", failure.message)
        usage = {"promptTokens": end.usage.prompt_tokens, "completionTokens": end.usage.completion_tokens}
        finish = {"finishReason": reason, "usage": usage}
        return error + _line(b"e", finish | {"isContinued": False}) + _line(b"d", finish)


def _line(code: bytes, value: object) -> bytes:
    return code + b":" + encode_json(value) + b"\n"
