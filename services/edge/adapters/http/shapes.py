"""What is written without a struct, streamed or on the hot path, as the OpenAPI document shows it.

`tests/contract/test_openapi.py` holds real answers against these.
"""

from typing import Literal

import msgspec

from shared.messages import FinishReason


class Tokens(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatSource(msgspec.Struct):
    """A passage of one of the caller's documents."""

    title: str
    citation: int
    """The n that the answer writes as [n]."""
    document: str
    number: int
    """The passage's: `/v1/documents/{document}/passages/{number}` shows it among its neighbours."""
    start: int
    end: int
    score: float
    text: str
    url: str


class ChatNotice(msgspec.Struct):
    code: str
    message: str


class CompletionFunction(msgspec.Struct):
    name: str
    arguments: str
    """JSON text, as the model wrote it."""


class CompletionToolCall(msgspec.Struct):
    id: str
    type: Literal["function"]
    function: CompletionFunction


class ChatAnswer(msgspec.Struct):
    """A whole answer: what comes with `"stream": false`."""

    id: str
    chat_id: str
    model: str
    content: str
    reasoning: str
    tool_calls: tuple[CompletionToolCall, ...]
    sources: tuple[ChatSource, ...]
    notices: tuple[ChatNotice, ...]
    finish_reason: FinishReason
    usage: Tokens


class CompletionAnswerMessage(msgspec.Struct):
    role: Literal["assistant"]
    content: str | None
    refusal: None
    reasoning_content: str | msgspec.UnsetType = msgspec.UNSET
    tool_calls: tuple[CompletionToolCall, ...] | msgspec.UnsetType = msgspec.UNSET


class CompletionChoice(msgspec.Struct):
    index: int
    message: CompletionAnswerMessage
    logprobs: dict[str, object] | None
    finish_reason: Literal["stop", "length", "content_filter", "tool_calls"]


class CompletionUsage(Tokens):
    prompt_tokens_details: dict[str, int]
    completion_tokens_details: dict[str, int]


class Completion(msgspec.Struct):
    """A whole completion. Streamed, there are `chat.completion.chunk` objects, as OpenAI has them."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: tuple[CompletionChoice, ...]
    usage: CompletionUsage


class LegacyLogprobs(msgspec.Struct):
    tokens: tuple[str, ...]
    token_logprobs: tuple[float, ...]
    top_logprobs: tuple[dict[str, float], ...] | None
    text_offset: tuple[int, ...]
    """In characters of the answer."""


class LegacyChoice(msgspec.Struct):
    index: int
    """Prompts come one after another, each with its `n` choices."""
    text: str
    logprobs: LegacyLogprobs | None
    finish_reason: Literal["stop", "length", "content_filter", "tool_calls"]


class LegacyCompletion(msgspec.Struct):
    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: tuple[LegacyChoice, ...]
    usage: CompletionUsage


class EmbeddingVector(msgspec.Struct):
    object: Literal["embedding"]
    index: int
    embedding: tuple[float, ...] | str
    """Of unit length; with `encoding_format` base64 little-endian float32."""


class EmbeddingUsage(msgspec.Struct):
    prompt_tokens: int
    total_tokens: int


class EmbeddingList(msgspec.Struct):
    object: Literal["list"]
    data: tuple[EmbeddingVector, ...]
    model: str
    usage: EmbeddingUsage


class Model(msgspec.Struct):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    root: str
    """The name that it is served by; `id` may be an alias."""
    parent: str | None
    """The model that an adapter was trained on."""
    max_model_len: int
    """Tokens of question and answer together; of a text, for a model that embeds."""
    input_modalities: tuple[str, ...]
    """What a question may consist of: `text`, `image`, `audio`, `video`."""
    tools: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether it calls functions; absent for one that embeds."""
    dimensions: int | msgspec.UnsetType = msgspec.UNSET
    """Of the vectors of a model that embeds; absent for one that chats."""


class ModelList(msgspec.Struct):
    object: Literal["list"]
    data: tuple[Model, ...]


class OpenAIErrorDetail(msgspec.Struct):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(msgspec.Struct):
    error: OpenAIErrorDetail
