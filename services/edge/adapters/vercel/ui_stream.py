"""UI message stream v1: server-sent events, read by AI SDK 5 and later.

Early clients of versions 5 and 6 refuse a whole stream for one key that they do not know. So neither `finish`
carries `finishReason` nor `abort` a `reason`: both ride in the message's metadata, as usage does.
"""

from typing import Literal

from services.edge.adapters.streaming import encode_json, one_line, quoted
from services.edge.adapters.vercel.calls import Calls
from services.edge.adapters.vercel.replay import call_event, replayed
from services.edge.adapters.vercel.sources import source_id, source_metadata
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
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
    "connection": "keep-alive",
    "x-vercel-ai-ui-message-stream": "v1",
    "x-accel-buffering": "no",
}
"""`no-transform` is not optional: without it a Next.js rewrite compresses the stream, and so holds it back."""

Block = Literal["text", "reasoning"]


class UiStream:
    """At most one block, text or reasoning, is open at a time; its id is its number."""

    __slots__ = ("_before", "_block", "_blocks", "_calls", "_finish_reason")

    headers = HEADERS
    keep_alive = b": keep-alive\n\n"

    def __init__(self) -> None:
        self._block: Block | None = None
        self._blocks = 0
        self._before = b""
        """All of a delta's event that comes before its text; made anew with each block."""
        self._finish_reason = "other"
        self._calls = Calls()

    def begin(self, answer: AnswerStream) -> bytes:
        job = answer.job
        metadata = {"chatId": job.chat, "model": job.model, "createdAt": round(job.created_at * 1000)}
        pieces = [_event({"type": "start", "messageId": job.message_id, "messageMetadata": metadata})]
        pieces.append(_event({"type": "start-step"}))
        for notice in answer.notices:
            data = {"code": notice.code, "message": notice.message}
            pieces.append(_event({"type": "data-notice", "data": data}))
        if not answer.goes_on:  # its reader has them
            pieces += [_source(citation, passage) for citation, passage in enumerate(job.passages, 1)]
        pieces += map(_event, replayed(answer.beginning))
        return b"".join(pieces)

    def encode(self, pieces: list[Piece]) -> bytes:
        if len(pieces) == 1 and self._block == "text" and isinstance(text := pieces[0], str):
            return b"%b%b}\n\n" % (self._before, quoted(text))
        written = [
            self._say("text", piece) if isinstance(piece, str) else b"".join(map(self._part, piece.parts))
            for piece in pieces
        ]
        if (end := end_of(pieces)) is not None:
            written.append(self._end(end))
        return b"".join(written)

    def _part(self, part: Part) -> bytes:
        if isinstance(part, Text):
            return self._say("text", part.text)
        if isinstance(part, Reasoning):
            return self._say("reasoning", part.text)
        if isinstance(part, ToolCall):
            return self._call(part)
        if isinstance(part, Finished):
            self._finish_reason = part.reason.replace("_", "-")
            return self._called(part.reason)
        return b""

    def _call(self, piece: ToolCall) -> bytes:
        id, is_new = self._calls.add(piece)
        written = b""
        if is_new:
            begun: dict[str, object] = {"type": "tool-input-start", "toolCallId": id, "toolName": piece.name}
            written = self._close() + _event(begun)
        if piece.arguments:
            written += _event(
                {"type": "tool-input-delta", "toolCallId": id, "inputTextDelta": piece.arguments}
            )
        return written

    def _called(self, reason: FinishReason | None) -> bytes:
        return b"".join(_event(call_event(call)) for call in self._calls.end(reason))

    def _say(self, block: Block, text: str) -> bytes:
        if block == self._block:
            return b"%b%b}\n\n" % (self._before, quoted(text))
        return b"%b%b%b}\n\n" % (self._open(block), self._before, quoted(text))

    def _open(self, block: Block) -> bytes:
        closed = self._close()
        self._blocks += 1
        self._block = block
        self._before = f'data: {{"type":"{block}-delta","id":"{self._blocks}","delta":'.encode()
        return closed + _event({"type": f"{block}-start", "id": str(self._blocks)})

    def _close(self) -> bytes:
        if self._block is None:
            return b""
        block, self._block = self._block, None
        return _event({"type": f"{block}-end", "id": str(self._blocks)})

    def _end(self, end: End) -> bytes:
        failure = end.failure
        reason = (
            self._finish_reason
            if failure is None
            else failure.code
            if failure.code == "cancelled"
            else "error"
        )
        usage = {"inputTokens": end.usage.prompt_tokens, "outputTokens": end.usage.completion_tokens}
        usage |= {"totalTokens": end.usage.total_tokens, "cachedInputTokens": end.usage.cached_tokens}
        metadata: dict[str, object] = {"finishReason": reason, "usage": usage}
        if reason == "error" and failure is not None:
            metadata["errorCode"] = failure.code
        pieces = [self._close(), self._called(None)]
        pieces.append(_event({"type": "message-metadata", "messageMetadata": metadata}))
        if failure is None:
            pieces += [_event({"type": "finish-step"}), _event({"type": "finish"})]
        elif failure.code == "cancelled":
            pieces.append(_event({"type": "abort"}))
        else:
            pieces += [_event({"type": "error", "errorText": failure.message}), _event({"type": "finish"})]
        return b"".join(pieces) + b"data: [DONE]\n\n"


def _event(fields: dict[str, object]) -> bytes:
    return b"data: " + one_line(encode_json(fields)) + b"\n\n"


def _source(citation: int, passage: Passage) -> bytes:
    return _event(
        {
            "type": "source-document",
            "sourceId": source_id(passage),
            "mediaType": "text/plain",
            "title": passage.title,
            "filename": passage.title,
            "providerMetadata": source_metadata(citation, passage),
        }
    )
