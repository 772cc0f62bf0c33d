"""Data stream v1, `0:"text"` and a newline, read by AI SDK 4 and earlier.

The client parses what it has when a network chunk ends in a newline, so each write is of whole lines.
"""

from services.edge.adapters.streaming import encode_json, one_line, quoted
from services.edge.adapters.vercel.calls import Calls
from services.edge.adapters.vercel.sources import source_id, source_metadata, source_url
from services.edge.domain.calls import Called
from services.edge.domain.parts import MessagePart
from services.edge.usecases.answers import AnswerStream
from shared.messages import (
    End,
    Finished,
    FinishReason,
    Part,
    Passage,
    Piece,
    Reasoning,
    Text,
    ToolCall,
    end_of,
)

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
        self._calls = Calls()

    def begin(self, answer: AnswerStream) -> bytes:
        lines = [_line(b"f", {"messageId": answer.job.message_id})]
        lines += [
            _line(b"8", [{"type": "notice", "code": notice.code, "message": notice.message}])
            for notice in answer.notices
        ]
        if not answer.goes_on:  # its reader has them
            lines += [_source(citation, passage) for citation, passage in enumerate(answer.job.passages, 1)]
        lines += [_held(part) for part in answer.beginning]
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
        if isinstance(part, ToolCall):
            return self._call(part)
        if isinstance(part, Finished):
            self._finish_reason = part.reason.replace("_", "-")
            return self._called(part.reason)
        return b""

    def _call(self, piece: ToolCall) -> bytes:
        id, is_new = self._calls.add(piece)
        begun = _line(b"b", {"toolCallId": id, "toolName": piece.name}) if is_new else b""
        if not piece.arguments:
            return begun
        return begun + _line(b"c", {"toolCallId": id, "argsTextDelta": piece.arguments})

    def _called(self, reason: FinishReason | None) -> bytes:
        return b"".join(map(_called, self._calls.end(reason)))

    def _end(self, end: End) -> bytes:
        """After an error the client reads no further, but a reader that is not the SDK may."""
        failure = end.failure
        reason = self._finish_reason
        called = self._called(None)
        error = b""
        if failure is not None and failure.code == "cancelled":
            reason = "other"
        elif failure is not None:
            reason = "error"
            error = _line(b"3", failure.message)
        usage = {"promptTokens": end.usage.prompt_tokens, "completionTokens": end.usage.completion_tokens}
        finish = {"finishReason": reason, "usage": usage}
        return called + error + _line(b"e", finish | {"isContinued": False}) + _line(b"d", finish)


def _called(call: Called) -> bytes:
    """The format knows no call that cannot be made: it stays half there, and a notice says why."""
    if call.error:
        return _line(b"8", [{"type": "notice", "code": "tool_input_invalid", "message": call.error}])
    return _line(b"9", {"toolCallId": call.id, "toolName": call.name, "args": call.input})


def _held(part: MessagePart) -> bytes:
    """What the answer held before it went on."""
    if part.type == "text":
        return _line(b"0", part.text)
    if part.type == "reasoning":
        return _line(b"g", part.text)
    if not part.type.startswith("tool-"):
        return b""
    args: object = part.input if part.could_be_made else dict[str, object]()
    name = part.type.removeprefix("tool-")
    call = _line(b"9", {"toolCallId": part.tool_call_id, "toolName": name, "args": args})
    if part.state == "input-available":
        return call
    result = part.output if part.state == "output-available" else part.error_text
    return call + _line(b"a", {"toolCallId": part.tool_call_id, "result": result})


def _source(citation: int, passage: Passage) -> bytes:
    return _line(
        b"h",
        {
            "sourceType": "url",
            "id": source_id(passage),
            "url": source_url(passage),
            "title": passage.title,
            "providerMetadata": source_metadata(citation, passage),
        },
    )


def _line(code: bytes, value: object) -> bytes:
    return code + b":" + one_line(encode_json(value)) + b"\n"
