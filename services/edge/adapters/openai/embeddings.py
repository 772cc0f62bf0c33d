"""OpenAI's embeddings: a request as texts, and vectors as a reply."""

import base64
import struct
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai.requests import UnsupportedParameter
from services.edge.adapters.streaming import encode_json
from services.edge.domain.embedding import Texts
from shared.errors import InvalidRequest
from shared.messages import EmbeddingModel, EmbedReply

MAX_TEXTS = 2_048

Ids = tuple[int, ...]
Format = Literal["float", "base64"]


class EmbeddingBody(msgspec.Struct):
    """`null` is the same as leaving the field out, as OpenAI has it."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    input: str | Annotated[tuple[str | int | Ids, ...], Meta(min_length=1, max_length=MAX_TEXTS)]
    """A text, or several. Token ids are refused: a client's tokenizer is not this model's."""
    encoding_format: Format | None = None
    dimensions: Annotated[int, Meta(ge=1, le=65_536)] | None = None
    """As many as the model has: its vectors are not made to be cut."""
    truncate_prompt_tokens: int | None = None
    """vLLM's: -1 has only the beginning of a text read that is too long; without it, such a text is refused."""


def read_body(data: bytes) -> EmbeddingBody:
    """Raises `InvalidRequest`, naming the field."""
    body = decode_body(data, EmbeddingBody)
    if body.truncate_prompt_tokens not in (None, -1):
        raise UnsupportedParameter(
            "'truncate_prompt_tokens' may only be -1 here: as many as the model reads.",
            param="truncate_prompt_tokens",
        )
    return body


def to_texts(body: EmbeddingBody) -> Texts:
    one = isinstance(body.input, str)
    return Texts(
        model=body.model,
        texts=(body.input,) if isinstance(body.input, str) else tuple(_only_text(body.input)),
        field="input" if one else "input[{}]",
        dimensions=body.dimensions or 0,
        truncate=body.truncate_prompt_tokens is not None,
    )


def _only_text(texts: Iterable[str | int | Ids]) -> Iterable[str]:
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidRequest(
                "Token ids are not supported here, since they would be another tokenizer's: send text.",
                param=f"input[{position}]",
            )
        yield text


def embedding_list(replies: list[EmbedReply], encoding: Format | None) -> Iterable[bytes]:
    """The reply in pieces, one a block of vectors: as numbers, a full one would hold up an edge's streams for 50 ms."""
    write = _base64 if encoding == "base64" else _numbers
    first, index = b'{"object":"list","data":[', 0
    for reply in replies:
        data = [
            {"object": "embedding", "index": index + place, "embedding": write(vector)}
            for place, vector in enumerate(reply.vectors)
        ]
        index += len(data)
        yield first + encode_json(data)[1:-1]
        first = b","
    tokens = sum(reply.tokens for reply in replies)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    yield b'],"model":' + encode_json(replies[0].model) + b',"usage":' + encode_json(usage) + b"}"


def _base64(vector: bytes) -> str:
    return base64.b64encode(vector).decode()


def _numbers(vector: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(vector) // 4}f", vector))


def embedding_models(models: list[EmbeddingModel]) -> list[dict[str, object]]:
    """As they stand in the list of models, aliases too. `dimensions` is ours, and tells them from those that chat."""
    return [
        {
            "id": name,
            "object": "model",
            "created": int(model.created_at),
            "owned_by": "sluice",
            "root": model.name,
            "parent": None,
            "max_model_len": model.max_tokens,
            "input_modalities": ("text",),
            "dimensions": model.dimensions,
        }
        for model in models
        for name in (model.name, *model.aliases)
    ]
