"""The official clients of AI SDK 4 and 7 read what the edge streams."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from services.edge.domain.chat import ChatRules
from shared.errors import NotFound, QueueFull, SluiceError, Unavailable
from shared.messages import Failure, Finished, Passage, Reasoning, Text
from tests.chat_edge import AUTHORIZATION, ChatEdge, Ports, serving
from tests.fakes.chat import finished
from tests.node_clients import NodeClients

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]

SOURCE = Passage("d1", "Handbook", 3, "The gate opens at six.", 120, 142, 0.81234)
METADATA = {
    "sluice": {
        "citation": 1,
        "document": "d1",
        "number": 3,
        "start": 120,
        "end": 142,
        "score": 0.8123,
        "text": "The gate opens at six.",
        "url": "/v1/documents/d1#120-142",
    }
}
UI_HEADERS = {
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
    "connection": "keep-alive",
    "x-vercel-ai-ui-message-stream": "v1",
    "x-accel-buffering": "no",
}
DATA_HEADERS = {
    "content-type": "text/plain; charset=utf-8",
    "x-vercel-ai-data-stream": "v1",
    "cache-control": "no-cache, no-transform",
}


@pytest_asyncio.fixture(loop_scope="module")
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.batches = finished([Reasoning("Let me see.")], [Text("At six")], [Text(", says [1].")])
    ports.knowledge.found = (SOURCE,)
    async with serving(ports, ChatRules(resume_grace_s=0.5)) as running:
        yield running


async def ask_ai4(node: NodeClients, edge: ChatEdge, text: str = "When?", **command: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text, "parts": [{"type": "text", "text": text}]}]
    api = edge.url + "/v1/chat" + command.pop("query", "")
    return await node.ask("ai4", api=api, headers=AUTHORIZATION, messages=messages, **command)


async def ask_ai7(node: NodeClients, edge: ChatEdge, text: str = "When?", **command: Any) -> dict[str, Any]:
    api = edge.url + "/v1/chat" + command.pop("query", "")
    return await node.ask("ai7", api=api, headers=AUTHORIZATION, text=text, **command)


async def test_ai_sdk_4_reads_the_data_stream(node: NodeClients, edge: ChatEdge) -> None:
    seen = await ask_ai4(node, edge, chat="chat-4")

    assert seen["error"] is None
    assert DATA_HEADERS.items() <= seen["headers"].items()
    job = edge.ports.jobs.submitted[0]
    assert seen["headers"]["x-sluice-chat-id"] == job.chat == "chat-4"
    message = seen["message"]
    assert message["id"] == job.message_id == seen["headers"]["x-sluice-message-id"]
    assert (message["content"], message["reasoning"]) == ("At six, says [1].", "Let me see.")
    (source,) = [part["source"] for part in message["parts"] if part["type"] == "source"]
    assert source == {
        "sourceType": "url",
        "id": "d1-3",
        "url": "/v1/documents/d1#120-142",
        "title": "Handbook",
        "providerMetadata": METADATA,
    }
    usage = {"promptTokens": 7, "completionTokens": 3, "totalTokens": 10}
    assert seen["finish"] == {"finishReason": "stop", "usage": usage}


async def test_ai_sdk_7_reads_the_ui_message_stream(node: NodeClients, edge: ChatEdge) -> None:
    seen = await ask_ai7(node, edge, chat="chat-7")

    assert (seen["error"], seen["status"]) == (None, "ready")
    assert UI_HEADERS.items() <= seen["headers"].items()
    job = edge.ports.jobs.submitted[0]
    question, answer = seen["messages"]
    assert (job.chat, edge.ports.history.begun[0].question_id) == ("chat-7", question["id"])
    assert answer["id"] == job.message_id
    parts = {part["type"]: part for part in answer["parts"]}
    assert (parts["text"]["text"], parts["text"]["state"]) == ("At six, says [1].", "done")
    assert (parts["reasoning"]["text"], parts["reasoning"]["state"]) == ("Let me see.", "done")
    assert parts["source-document"] == {
        "type": "source-document",
        "sourceId": "d1-3",
        "mediaType": "text/plain",
        "title": "Handbook",
        "filename": "Handbook",
        "providerMetadata": METADATA,
    }
    assert answer["metadata"]["finishReason"] == "stop"
    assert answer["metadata"]["model"] == "fake"
    assert (answer["metadata"]["usage"]["inputTokens"], answer["metadata"]["usage"]["outputTokens"]) == (7, 3)


async def test_both_read_text_alone(node: NodeClients, edge: ChatEdge) -> None:
    four = await ask_ai4(node, edge, query="?protocol=text", streamProtocol="text")
    seven = await ask_ai7(node, edge, query="?protocol=text", streamProtocol="text")
    assert four["message"]["content"] == "At six, says [1]."
    assert [part["text"] for part in seven["messages"][1]["parts"] if part["type"] == "text"] == [
        "At six, says [1]."
    ]


async def test_the_query_overrides_what_the_body_says(node: NodeClients, edge: ChatEdge) -> None:
    """A wrong guess is silent on one side: version 7 shows an empty answer, where version 4 says so."""
    seven = await ask_ai7(node, edge, query="?protocol=data")
    assert (seven["error"], seven["status"]) == (None, "ready")
    assert [message["role"] for message in seven["messages"]] == ["user"]
    four = await ask_ai4(node, edge, query="?protocol=ui")
    assert four["message"] is None
    assert "Invalid code" in four["error"]


async def test_what_is_asked_again_is_asked_under_the_same_id(node: NodeClients, edge: ChatEdge) -> None:
    asked = (await ask_ai7(node, edge, chat="chat-7"))["messages"]
    again = await ask_ai7(node, edge, chat="chat-7", messages=asked, regenerate=True)

    first, second = edge.ports.history.begun
    assert second.question_id == first.question_id
    assert [message["id"] for message in again["messages"]] == [asked[0]["id"], second.message_id]
    assert edge.ports.jobs.submitted[1].messages == edge.ports.jobs.submitted[0].messages


async def test_an_error_in_midstream_reaches_both(node: NodeClients, edge: ChatEdge) -> None:
    edge.ports.jobs.batches = [[Text("At")], [Finished("error")]]
    edge.ports.jobs.failure = Failure("engine_failed", "The engine gave up.")

    four = await ask_ai4(node, edge)
    assert four["error"] == "The engine gave up."
    assert four["message"]["content"] == "At"
    seven = await ask_ai7(node, edge)
    assert (seven["status"], seven["error"]) == ("error", "The engine gave up.")
    assert seven["messages"][1]["metadata"]["errorCode"] == "engine_failed"
    (text,) = [part for part in seven["messages"][1]["parts"] if part["type"] == "text"]
    assert (text["text"], text["state"]) == ("At", "done")


async def test_an_answer_that_was_stopped_ends_without_an_error(node: NodeClients, edge: ChatEdge) -> None:
    edge.ports.jobs.batches = [[Text("At")], [Finished("cancelled")]]
    edge.ports.jobs.failure = Failure("cancelled", "Stopped.")

    four = await ask_ai4(node, edge)
    assert (four["error"], four["finish"]["finishReason"]) == (None, "other")
    seven = await ask_ai7(node, edge)
    assert (seven["error"], seven["status"]) == (None, "ready")
    assert seven["messages"][1]["metadata"]["finishReason"] == "cancelled"


async def test_a_notice_reaches_both_when_documents_cannot_be_searched(
    node: NodeClients, edge: ChatEdge
) -> None:
    edge.ports.knowledge.away = True
    four = await ask_ai4(node, edge)
    (annotation,) = four["message"]["annotations"]
    assert (annotation["type"], annotation["code"]) == ("notice", "retrieval_unavailable")
    assert four["message"]["content"] == "At six, says [1]."
    seven = await ask_ai7(node, edge)
    (notice,) = [part for part in seven["messages"][1]["parts"] if part["type"] == "data-notice"]
    assert notice["data"]["code"] == "retrieval_unavailable"
    assert [part["type"] for part in seven["noticed"]] == ["data-notice"]


@pytest.mark.parametrize(
    ("refusal", "shown", "retry_after"),
    [
        (QueueFull("It is full."), "More questions are waiting than may; try again later.", "10"),
        (Unavailable("NATS is away."), "NATS is away.", "1"),
    ],
)
async def test_errors_before_the_stream_are_shown_as_they_are(
    node: NodeClients, edge: ChatEdge, refusal: SluiceError, shown: str, retry_after: str
) -> None:
    edge.ports.jobs.refusal = refusal
    edge.ports.workers.rate = 1_000.0
    for seen in (await ask_ai4(node, edge), await ask_ai7(node, edge)):
        assert seen["error"] == shown
        assert seen["headers"]["retry-after"] == retry_after
    answer = await edge.post("/v1/chat", {"messages": [{"role": "user", "content": "x"}]})
    assert (answer.status_code, answer.headers["x-sluice-error"]) == (503, refusal.code)


async def test_an_answer_that_fails_before_it_begins_has_the_right_status(edge: ChatEdge) -> None:
    edge.ports.jobs.batches = []
    edge.ports.jobs.failure = Failure("context_length_exceeded", "The model takes 4096 tokens.")
    body = {"messages": [{"role": "user", "content": "x"}]}
    for stream in (True, False):
        answer = await edge.post("/v1/chat", {**body, "stream": stream})
        assert (answer.status_code, answer.text) == (400, "The model takes 4096 tokens.")
        assert answer.headers["x-sluice-error"] == "context_length_exceeded"
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 400, "messages: This field is required."),
        (
            {"messages": [{"role": "root", "content": "x"}]},
            400,
            "messages[0].role: Invalid enum value 'root'",
        ),
        (
            {"messages": [{"role": "user", "content": "x"}], "model": "no"},
            404,
            "The model 'no' does not exist.",
        ),
    ],
)
async def test_a_mistake_is_told_in_plain_text(edge: ChatEdge, body: object, status: int, text: str) -> None:
    answer = await edge.post("/v1/chat", body)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["x-sluice-error"] == ("model_not_found" if status == 404 else "invalid_request")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_refused_by_identity_in_plain_text(edge: ChatEdge) -> None:
    body = {"messages": [{"role": "user", "content": "x"}]}
    answer = await edge.post("/v1/chat", body, headers={"Authorization": "Bearer forged"})
    assert (answer.status_code, answer.text) == (401, "The access token is not valid.")
    edge.ports.history.refusal = NotFound("There is no such conversation.")
    answer = await edge.post("/v1/chat", {**body, "id": "another"})
    assert (answer.status_code, answer.text) == (404, "There is no such conversation.")


async def test_the_bare_body_gets_one_object_when_it_does_not_stream(edge: ChatEdge) -> None:
    body = {"model": "fake", "stream": False, "messages": [{"role": "user", "content": "When?"}]}
    answer = (await edge.post("/v1/chat", body)).json()
    job = edge.ports.jobs.submitted[0]
    assert (answer["id"], answer["chat_id"]) == (job.message_id, job.chat)
    assert (answer["content"], answer["finish_reason"]) == ("At six, says [1].", "stop")
    assert answer["sources"] == [{"title": "Handbook", **METADATA["sluice"]}]
    assert answer["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


async def test_sources_do_not_wait_for_a_worker(edge: ChatEdge) -> None:
    edge.ports.jobs.silent = True
    body = {"id": "c1", "trigger": "submit-message", "messages": [{"role": "user", "content": "When?"}]}
    async with edge.client.stream("POST", "/v1/chat", json=body) as response:
        lines = response.aiter_lines()
        async with asyncio.timeout(3):
            async for line in lines:
                if line.startswith("data: ") and json.loads(line[6:])["type"] == "source-document":
                    break
