"""The bodies in the OpenAPI document that Litestar cannot see: their handlers read and write bytes."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import msgspec
from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    PathItem,
    Reference,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from services.edge.adapters.http import response_shapes, shapes
from services.edge.adapters.openai.embeddings import EmbeddingBody
from services.edge.adapters.openai.legacy import LegacyBody
from services.edge.adapters.openai.requests import CompletionBody
from services.edge.adapters.openai.responses_body import ResponsesBody
from services.edge.adapters.vercel.requests import ChatBody

JSON = "application/json"
EVENTS = "text/event-stream"
TEXT = "text/plain"
TYPES = (
    ChatBody,
    CompletionBody,
    EmbeddingBody,
    LegacyBody,
    ResponsesBody,
    shapes.ChatAnswer,
    shapes.Completion,
    shapes.EmbeddingList,
    shapes.LegacyCompletion,
    shapes.Model,
    shapes.ModelList,
    shapes.OpenAIError,
    response_shapes.Response,
)
REFUSALS = (400, 401, 404, 413, 429, 502, 503, 504)
RESUME_REFUSALS = (400, 401, 404, 429, 502, 503, 504)
OPENAI_ROUTES: tuple[tuple[str, type, type, str], ...] = (
    (
        "/v1/chat/completions",
        CompletionBody,
        shapes.Completion,
        "`chat.completion.chunk` objects, then `[DONE]`",
    ),
    (
        "/v1/completions",
        LegacyBody,
        shapes.LegacyCompletion,
        "`text_completion` objects, then `[DONE]`",
    ),
    (
        "/v1/responses",
        ResponsesBody,
        response_shapes.Response,
        "typed, numbered events, from `response.created` to `response.completed`, `.incomplete` or `.failed`",
    ),
    ("/v1/embeddings", EmbeddingBody, shapes.EmbeddingList, ""),
)
"""Path, what is asked, the whole answer, and how it is streamed."""
COMPONENT = "#/components/schemas/{name}"


def describe_bodies(document: OpenAPI) -> None:
    """Completes what Litestar made."""
    schemas = _components()
    known = document.components.schemas or {}
    document.components.schemas = dict(sorted({**schemas, **known}.items()))
    chat = _operation(document, "/v1/chat", "post")
    chat.request_body = _body(ChatBody)
    chat.responses = _responses(
        {
            JSON: _reference(shapes.ChatAnswer),
            EVENTS: _text("UI message stream v1: with `?protocol=ui`, or a `trigger` in the body"),
            TEXT: _text("Data stream v1, or the answer's text alone with `?protocol=text`"),
        },
        {TEXT: _text("What went wrong, for people")},
        REFUSALS,
    )
    _describe_resuming(document)
    _describe_openai(document)


def _describe_openai(document: OpenAPI) -> None:
    error = {JSON: _reference(shapes.OpenAIError)}
    for path, asked, whole, streamed in OPENAI_ROUTES:
        operation = _operation(document, path, "post")
        operation.request_body = _body(asked)
        answer = {JSON: _reference(whole)} | (
            {EVENTS: _text(f"With `stream`: {streamed}")} if streamed else {}
        )
        operation.responses = _responses(answer, error, REFUSALS)
    models = _operation(document, "/v1/models", "get")
    models.responses = _responses({JSON: _reference(shapes.ModelList)}, error, (401, 503))
    model = _operation(document, "/v1/models/{model}", "get")
    model.responses = _responses({JSON: _reference(shapes.Model)}, error, (401, 404, 503))


def _describe_resuming(document: OpenAPI) -> None:
    refused = {TEXT: _text("What went wrong, for people")}
    resume = _operation(document, "/v1/chat/{conversation}/stream", "get")
    events = _text("UI message stream v1, from the answer's beginning")
    resume.responses = _responses({EVENTS: events}, refused, RESUME_REFUSALS)
    resume.responses["204"] = OpenAPIResponse(description="No answer is being written")
    resume_v4 = _operation(document, "/v1/chat", "get")
    lines = _text("Data stream v1, from the answer's beginning; empty where no answer is being written")
    resume_v4.responses = _responses({TEXT: lines}, refused, RESUME_REFUSALS)
    stop = _operation(document, "/v1/chat/{conversation}/stop", "post")
    stop.responses = _responses({}, refused, (401, 404, 503))
    del stop.responses["200"]
    stop.responses["204"] = OpenAPIResponse(description="No answer is being written any more")


def _components() -> dict[str, Schema]:
    _, found = msgspec.json.schema_components(TYPES, ref_template=COMPONENT, schema_hook=_anything)
    return cast("dict[str, Schema]", found)  # as Litestar writes them: a dictionary is written as it is


def _anything(kind: type) -> dict[str, Any]:
    if kind is object:
        return {"description": "Anything"}
    raise NotImplementedError


def _operation(document: OpenAPI, path: str, method: str) -> Operation:
    item: PathItem = (document.paths or {})[path]
    return getattr(item, method)


def _body(kind: type) -> RequestBody:
    return RequestBody(content={JSON: _reference(kind)}, required=True)


def _responses(
    answer: Mapping[str, OpenAPIMediaType], refusal: Mapping[str, OpenAPIMediaType], statuses: tuple[int, ...]
) -> dict[str, OpenAPIResponse | Reference]:
    found: dict[str, OpenAPIResponse | Reference] = {
        "200": OpenAPIResponse(description="The answer", content=dict(answer))
    }
    for status in statuses:
        found[str(status)] = OpenAPIResponse(description=HTTPStatus(status).phrase, content=dict(refusal))
    return found


def _reference(kind: type) -> OpenAPIMediaType:
    return OpenAPIMediaType(schema=Reference(COMPONENT.format(name=kind.__name__)))


def _text(description: str) -> OpenAPIMediaType:
    return OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, description=description))
