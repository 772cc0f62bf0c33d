"""A streamed completion: `chat.completion.chunk` objects as server-sent events, then `[DONE]`."""

from collections.abc import Mapping

from services.edge.adapters.openai.errors import envelope
from services.edge.adapters.openai.logprobs import logprobs_content
from services.edge.adapters.streaming import encode_json, quoted
from services.edge.usecases.answers import AnswerStream
from shared.errors import from_failure
from shared.messages import (
    ChatJob,
    End,
    Finished,
    Logprobs,
    Part,
    Piece,
    Reasoning,
    Text,
    ToolCall,
    Usage,
    end_of,
)

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}
FINISH_REASONS = frozenset({"stop", "length", "content_filter", "tool_calls"})
DONE = b"data: [DONE]\n\n"


class ChunkStream:
    """All that chunks have in common is encoded once."""

    headers = HEADERS
    keep_alive = b": keep-alive\n\n"

    def __init__(self, job: ChatJob, *, include_usage: bool) -> None:
        head = {
            "id": f"chatcmpl-{job.request}",
            "object": "chat.completion.chunk",
            "created": int(job.created_at),
            "model": job.model,
        }
        self._head = b"data: " + encode_json(head)[:-1]
        self._include_usage = include_usage
        self._tail = b',"usage":null}\n\n' if include_usage else b"}\n\n"
        self._choices = job.sampling.n
        self._logprobs = job.sampling.logprobs
        self._text = [self._opening(choice, b"content") for choice in range(self._choices)]
        self._reasoning = [self._opening(choice, b"reasoning_content") for choice in range(self._choices)]
        self._closing = b'},"logprobs":null,"finish_reason":null}]' + self._tail

    def begin(self, answer: AnswerStream) -> bytes:  # noqa: ARG002 - the job says all
        role = {"role": "assistant", "content": ""}
        return b"".join(self._chunk(choice, role) for choice in range(self._choices))

    def encode(self, pieces: list[Piece]) -> bytes:
        written = [
            self._say(piece) if isinstance(piece, str) else self._parts(piece.parts) for piece in pieces
        ]
        if (end := end_of(pieces)) is not None:
            written.append(self._end(end))
        return b"".join(written)

    def _say(self, text: str) -> bytes:
        return self._text[0] + quoted(text) + self._closing

    def _parts(self, parts: tuple[Part, ...]) -> bytes:
        return self._with_logprobs(parts) if self._logprobs else b"".join(map(self._part, parts))

    def _part(self, part: Part) -> bytes:
        if isinstance(part, Text):
            return self._text[part.choice] + quoted(part.text) + self._closing
        if isinstance(part, Reasoning):
            return self._reasoning[part.choice] + quoted(part.text) + self._closing
        if isinstance(part, ToolCall):
            return self._chunk(part.choice, call_delta(part))
        return self._finish(part) if isinstance(part, Finished) else b""

    def _with_logprobs(self, parts: tuple[Part, ...]) -> bytes:
        """A choice's log probabilities go into the chunk of its text."""
        pieces: list[bytes] = []
        waiting = {part.choice: part for part in parts if isinstance(part, Logprobs)}
        for part in parts:
            if isinstance(part, Text):
                pieces.append(
                    self._chunk(part.choice, {"content": part.text}, waiting.pop(part.choice, None))
                )
            elif isinstance(part, Reasoning):
                fields = {"reasoning_content": part.text}
                pieces.append(self._chunk(part.choice, fields, waiting.pop(part.choice, None)))
            elif isinstance(part, ToolCall):
                pieces.append(self._chunk(part.choice, call_delta(part), waiting.pop(part.choice, None)))
        pieces += [self._chunk(choice, {"content": ""}, part) for choice, part in waiting.items()]
        pieces += [self._finish(part) for part in parts if isinstance(part, Finished)]
        return b"".join(pieces)

    def _opening(self, choice: int, field: bytes) -> bytes:
        return self._head + b',"choices":[{"index":%d,"delta":{"%b":' % (choice, field)

    def _chunk(
        self,
        choice: int,
        delta: Mapping[str, object],
        logprobs: Logprobs | None = None,
        reason: str | None = None,
    ) -> bytes:
        fields = {
            "index": choice,
            "delta": delta,
            "logprobs": logprobs_content(logprobs.tokens) if logprobs else None,
            "finish_reason": reason,
        }
        return self._head + b',"choices":[' + encode_json(fields) + b"]" + self._tail

    def _finish(self, part: Finished) -> bytes:
        """An answer that broke off has no finish reason: the error that follows says why."""
        return self._chunk(part.choice, {}, reason=part.reason) if part.reason in FINISH_REASONS else b""

    def _end(self, end: End) -> bytes:
        if end.failure is not None:
            error = from_failure(end.failure)
            return b"data: " + envelope(error.status, error.message, error.param, error.code) + b"\n\n" + DONE
        if not self._include_usage:
            return DONE
        usage = encode_json(usage_fields(end.usage))
        return self._head + b',"choices":[],"usage":' + usage + b"}\n\n" + DONE


def usage_fields(usage: Usage) -> dict[str, object]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def call_delta(part: ToolCall) -> dict[str, object]:
    """A call's first piece names it; clients join the arguments of all."""
    if not part.id:
        function = {"arguments": part.arguments}
        return {"tool_calls": [{"index": part.position, "function": function}]}
    function = {"name": part.name, "arguments": part.arguments}
    call = {"index": part.position, "id": part.id, "type": "function", "function": function}
    return {"tool_calls": [call]}
