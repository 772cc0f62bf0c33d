"""OpenAI's chat completions on the wire: what we ask for, and the chunks of a stream. Unknown fields are ignored."""

from typing import Any

import msgspec

from services.inference.domain import conversation
from services.inference.domain.formats import response_format
from shared.messages import ChatJob, FinishReason


class TopLogprob(msgspec.Struct, gc=False):
    token: str
    logprob: float
    bytes: list[int] | None = None


class TokenLogprobs(TopLogprob, gc=False):
    top_logprobs: list[TopLogprob] = []


class ChoiceLogprobs(msgspec.Struct, gc=False):
    content: list[TokenLogprobs] | None = None


class FunctionDelta(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class ToolCallDelta(msgspec.Struct, gc=False):
    index: int = 0
    id: str | None = None
    function: FunctionDelta | None = None


class ChoiceDelta(msgspec.Struct, gc=False):
    """Servers differ in where they put reasoning."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCallDelta] | None = None


class ChunkChoice(msgspec.Struct, gc=False):
    index: int = 0
    delta: ChoiceDelta = msgspec.field(default_factory=ChoiceDelta)
    finish_reason: str | None = None
    logprobs: ChoiceLogprobs | None = None


class CachedTokens(msgspec.Struct, gc=False):
    cached_tokens: int | None = None


class ReasoningTokens(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None


class ChunkUsage(msgspec.Struct, gc=False):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: CachedTokens | None = None
    completion_tokens_details: ReasoningTokens | None = None


class ErrorBody(msgspec.Struct, gc=False):
    message: str = ""
    code: str | int | None = None
    param: str | None = None


class Chunk(msgspec.Struct, gc=False):
    choices: list[ChunkChoice] = []
    usage: ChunkUsage | None = None
    error: ErrorBody | None = None
    """Some servers tell of trouble inside the stream."""


_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


def finish_reason(text: str) -> FinishReason:
    """A reason that we do not know ended the answer all the same."""
    return _REASONS.get(text, "stop")


def request_body(job: ChatJob, model: str) -> dict[str, Any]:
    """Fields that the caller left out stay out, so that the upstream's defaults hold."""
    sampling = job.sampling
    chosen: dict[str, Any] = {
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "n": sampling.n if sampling.n > 1 else None,
        "stop": list(sampling.stop) or None,
        "presence_penalty": sampling.presence_penalty or None,
        "frequency_penalty": sampling.frequency_penalty or None,
        "logprobs": True if sampling.logprobs else None,
        "top_logprobs": sampling.top_logprobs if sampling.logprobs and sampling.top_logprobs else None,
        "response_format": response_format(sampling.json_format),
        "logit_bias": {str(id): bias for id, bias in (sampling.logit_bias or {}).items()} or None,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repetition_penalty": sampling.repetition_penalty,
        "min_tokens": sampling.min_tokens or None,
        "stop_token_ids": list(sampling.stop_token_ids) or None,
        "ignore_eos": sampling.ignore_eos or None,
        "reasoning_effort": job.reasoning_effort,
    }
    if job.chat_template_kwargs:
        chosen["chat_template_kwargs"] = conversation.json_object(
            job.chat_template_kwargs, "chat_template_kwargs"
        )
    return {
        "model": model,
        "messages": conversation.messages(job),
        "stream": True,
        "stream_options": {"include_usage": True},
        **conversation.tools(job.tools),
        **{name: value for name, value in chosen.items() if value is not None},
    }
