"""The lines of a batch: what may stand in `jobs.jsonl`, and what is written to `results.jsonl`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from shared.errors import InvalidRequest, SluiceError, to_failure
from shared.messages import ChatMessage, Failure, FinishReason, Sampling, Usage


class JobLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the input: `prompt` or `messages`, and OpenAI's names for how to sample."""

    id: Annotated[str, Meta(min_length=1, max_length=256)] = ""
    prompt: Annotated[str, Meta(min_length=1)] | None = None
    messages: Annotated[tuple[ChatMessage, ...], Meta(min_length=1)] | None = None
    model: Annotated[str, Meta(max_length=256)] = ""
    max_tokens: Annotated[int, Meta(ge=1, le=1_048_576)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...] = ()
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] = 0.0
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] = 0.0

    @property
    def turns(self) -> tuple[ChatMessage, ...]:
        return self.messages or (ChatMessage("user", self.prompt or ""),)

    @property
    def sampling(self) -> Sampling:
        return Sampling(**{name: getattr(self, name) for name in SAMPLING_FIELDS})


SAMPLING_FIELDS = tuple(name for name in Sampling.__struct_fields__ if name in JobLine.__struct_fields__)


class Completion(msgspec.Struct, frozen=True):
    """A whole answer."""

    model: str
    text: str
    finish_reason: FinishReason
    usage: Usage
    request: str
    worker: str = ""


class LineUsage(msgspec.Struct, frozen=True):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ResultLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of the output, in the input's order: an answer, or the error that stands in its place."""

    id: str
    model: str = ""
    text: str | None = None
    finish_reason: FinishReason | None = None
    usage: LineUsage | None = None
    request: str = ""
    error: Failure | None = None


def parse_line(number: int, text: bytes) -> JobLine:
    """Raises `InvalidRequest` naming the line and, where there is one, the field. A line without id gets one."""
    try:
        line = msgspec.json.decode(text, type=JobLine)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"line {number}: {error}") from error
    if (line.prompt is None) == (line.messages is None):
        raise InvalidRequest(f"line {number}: one of `prompt` and `messages` is needed, and not both")
    return line if line.id else msgspec.structs.replace(line, id=f"line-{number}")


def answered(line: JobLine, completion: Completion) -> ResultLine:
    used = completion.usage
    return ResultLine(
        id=line.id,
        model=completion.model,
        text=completion.text,
        finish_reason=completion.finish_reason,
        usage=LineUsage(used.prompt_tokens, used.completion_tokens, used.total_tokens),
        request=completion.request,
    )


def refused(line: JobLine, error: SluiceError) -> ResultLine:
    return ResultLine(id=line.id, model=line.model, error=to_failure(error))
