"""The OpenAPI document says what the routes take and answer that read and write their own bytes."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from services.edge.adapters.http import response_shapes, shapes
from shared.messages import Logprobs, Passage, Reasoning, Text, TokenLogprob, ToolCall
from tests.chat_edge import ChatEdge, Ports, serving
from tests.fakes.chat import finished

QUESTION: dict[str, Any] = {"model": "fake", "messages": [{"role": "user", "content": "When?"}]}


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.batches = finished([Reasoning("Hm.")], [Text("At six.")])
    ports.knowledge.found = (Passage("d1", "Handbook", 3, "At six.", 0, 7, 0.8),)
    async with serving(ports) as running:
        yield running


@pytest.fixture
async def document(edge: ChatEdge) -> dict[str, Any]:
    return (await edge.client.get("/schema")).json()


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            if key == "$ref":
                yield str(item)  # pyright: ignore[reportUnknownArgumentType]
            else:
                yield from references(item)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from references(item)  # pyright: ignore[reportUnknownArgumentType]


def resolved(document: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    name = content["schema"]["$ref"].removeprefix("#/components/schemas/")
    return document["components"]["schemas"][name]


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) == known


@pytest.mark.parametrize(
    ("path", "needed", "others"),
    [
        ("/v1/chat", ["messages"], {"id", "model", "stream", "trigger", "retrieval", "max_tokens"}),
        ("/v1/chat/completions", ["model", "messages"], {"stream", "n", "stop", "retrieval", "logprobs"}),
        ("/v1/completions", ["model", "prompt"], {"stream", "n", "stop", "logprobs", "echo", "best_of"}),
        (
            "/v1/responses",
            ["model", "input"],
            {"stream", "tools", "tool_choice", "text", "instructions", "store"},
        ),
        ("/v1/embeddings", ["model", "input"], {"encoding_format", "dimensions", "truncate_prompt_tokens"}),
    ],
)
async def test_what_a_question_is_made_of(
    document: dict[str, Any], path: str, needed: list[str], others: set[str]
) -> None:
    body = document["paths"][path]["post"]["requestBody"]
    assert body["required"] is True
    schema = resolved(document, body["content"]["application/json"])
    assert schema["required"] == needed
    assert others <= set(schema["properties"])


@pytest.mark.parametrize(
    ("path", "answers", "errors"),
    [
        ("/v1/chat", {"application/json", "text/event-stream", "text/plain"}, {"text/plain"}),
        ("/v1/chat/completions", {"application/json", "text/event-stream"}, {"application/json"}),
        ("/v1/completions", {"application/json", "text/event-stream"}, {"application/json"}),
        ("/v1/responses", {"application/json", "text/event-stream"}, {"application/json"}),
        ("/v1/embeddings", {"application/json"}, {"application/json"}),
    ],
)
async def test_what_an_answer_comes_as(
    document: dict[str, Any], path: str, answers: set[str], errors: set[str]
) -> None:
    responses = document["paths"][path]["post"]["responses"]
    assert set(responses["200"]["content"]) == answers
    assert all(set(responses[status]["content"]) == errors for status in responses if status != "200")
    assert {"400", "401", "404", "413", "503"} <= set(responses)


async def test_real_answers_are_as_documented(edge: ChatEdge) -> None:
    chat = await edge.post("/v1/chat", {**QUESTION, "stream": False})
    whole = await edge.post("/v1/chat/completions", QUESTION)
    edge.ports.jobs.batches = finished([Reasoning("Hm.")], [Text("At six.")], [ToolCall(0, "c", "f", "{}")])
    response = await edge.post("/v1/responses", {"model": "fake", "input": "When?"})
    edge.ports.jobs.batches = finished([Text("At"), Logprobs(((TokenLogprob("At", -0.1, (65, 116)),),))])
    told = await edge.post("/v1/chat/completions", {**QUESTION, "logprobs": True})
    seen = [
        (chat, shapes.ChatAnswer),
        (whole, shapes.Completion),
        (told, shapes.Completion),
        (await edge.post("/v1/completions", {"model": "fake", "prompt": "a"}), shapes.LegacyCompletion),
        (
            await edge.post("/v1/completions", {"model": "fake", "prompt": "a", "logprobs": 1}),
            shapes.LegacyCompletion,
        ),
        (response, response_shapes.Response),
        (await edge.post("/v1/embeddings", {"model": "letters", "input": ["a"]}), shapes.EmbeddingList),
        (await edge.client.get("/v1/models"), shapes.ModelList),
        (await edge.client.get("/v1/models/fake"), shapes.Model),
        (await edge.client.get("/v1/models/nobody"), shapes.OpenAIError),
    ]
    for answer, shape in seen:
        known = msgspec.json.decode(answer.content, type=shape)  # leaves out what the shape does not have
        assert msgspec.json.decode(msgspec.json.encode(known)) == answer.json()
