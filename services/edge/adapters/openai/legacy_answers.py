"""Legacy completions: `text_completion` objects, whole or as server-sent events."""

from collections.abc import Iterable

from services.edge.adapters.openai.chunks import DONE, FINISH_REASONS, HEADERS, usage_fields
from services.edge.adapters.openai.errors import envelope
from services.edge.adapters.streaming import Answer, encode_json, quoted
from services.edge.domain.answers import Choice, WholeAnswer
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
    TokenLogprob,
    end_of,
)

Fields = dict[str, object]
Tokens = Iterable[tuple[TokenLogprob, ...]]


def legacy_completion(job: ChatJob, whole: WholeAnswer) -> bytes:
    choices = [_choice(job, index, choice) for index, choice in enumerate(whole.choices)]
    return encode_json(_head(job) | {"choices": choices, "usage": usage_fields(whole.usage)})


def _head(job: ChatJob) -> Fields:
    return {
        "id": f"cmpl-{job.request}",
        "object": "text_completion",
        "created": int(job.created_at),
        "model": job.model,
    }


def _choice(job: ChatJob, index: int, choice: Choice) -> Fields:
    """What a model thinks comes first in the text that it goes on with: this API has no other place for it."""
    logprobs, _ = legacy_logprobs(choice.logprobs, job.sampling.top_logprobs)
    return {
        "index": index,
        "text": choice.reasoning + choice.text,
        "logprobs": logprobs if job.sampling.logprobs else None,
        "finish_reason": choice.finish_reason if choice.finish_reason in FINISH_REASONS else "stop",
    }


def legacy_logprobs(tokens: Tokens, top: int, offset: int = 0) -> tuple[Fields, int]:
    """In the legacy shape, and where the next token begins. `offset`: characters of the answer before these tokens."""
    rows = list(tokens)
    offsets: list[int] = []
    for own, *_ in rows:
        offsets.append(offset)
        offset += len(own.token)
    fields: Fields = {
        "tokens": [own.token for own, *_ in rows],
        "token_logprobs": [own.logprob for own, *_ in rows],
        "top_logprobs": [{one.token: one.logprob for one in row[1:]} for row in rows] if top else None,
        "text_offset": offsets,
    }
    return fields, offset


class LegacyStream:
    """`choices`: of all prompts together. What chunks have in common is encoded once."""

    headers = HEADERS
    keep_alive = b": keep-alive\n\n"

    def __init__(self, job: ChatJob, choices: int, *, include_usage: bool) -> None:
        self._head = b"data: " + encode_json(_head(job))[:-1]
        self._tail = b',"usage":null}\n\n' if include_usage else b"}\n\n"
        self._include_usage = include_usage
        self._sampling = job.sampling
        self._offsets = [0] * choices
        self._closing = b',"logprobs":null,"finish_reason":null}]' + self._tail

    def begin(self, answer: Answer) -> bytes:  # noqa: ARG002 - nothing comes before the text
        return b""

    def encode(self, pieces: list[Piece]) -> bytes:
        written = [
            self._say(piece, 0) if isinstance(piece, str) else self._parts(piece.parts) for piece in pieces
        ]
        if (end := end_of(pieces)) is not None:
            written.append(self._end(end))
        return b"".join(written)

    def _say(self, text: str, choice: int) -> bytes:
        opening = b',"choices":[{"index":%d,"text":' % choice
        return self._head + opening + quoted(text) + self._closing

    def _parts(self, parts: tuple[Part, ...]) -> bytes:
        """A choice's log probabilities go into the chunk of its text."""
        waiting = {part.choice: part for part in parts if isinstance(part, Logprobs)}
        written: list[bytes] = []
        for part in parts:
            if isinstance(part, Text | Reasoning):
                told = waiting.pop(part.choice, None)
                said = (
                    self._chunk(part.choice, part.text, told) if told else self._say(part.text, part.choice)
                )
                written.append(said)
        written += [self._chunk(choice, "", part) for choice, part in waiting.items()]
        for part in parts:
            if isinstance(part, Finished) and part.reason in FINISH_REASONS:
                written.append(self._chunk(part.choice, "", None, part.reason))
        return b"".join(written)

    def _chunk(self, choice: int, text: str, told: Logprobs | None, reason: str | None = None) -> bytes:
        logprobs = None
        if told is not None:
            logprobs, self._offsets[choice] = legacy_logprobs(
                told.tokens, self._sampling.top_logprobs, self._offsets[choice]
            )
        fields = {"index": choice, "text": text, "logprobs": logprobs, "finish_reason": reason}
        return self._head + b',"choices":[' + encode_json(fields) + b"]" + self._tail

    def _end(self, end: End) -> bytes:
        if end.failure is not None:
            error = from_failure(end.failure)
            return b"data: " + envelope(error.status, error.message, error.param, error.code) + b"\n\n" + DONE
        if not self._include_usage:
            return DONE
        return self._head + b',"choices":[],"usage":' + encode_json(usage_fields(end.usage)) + b"}\n\n" + DONE
