"""The official clients of AI SDK 4 and 7 go away, come back, stop, and have their edge end."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from services.edge.domain.chat import ChatRules
from shared.messages import Passage, Text
from tests.chat_edge import AUTHORIZATION, ChatEdge, Ports, serving
from tests.fakes.chat import finished
from tests.node_clients import NodeClients

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]

SOURCE = Passage("d1", "Handbook", 3, "The gate opens at six.", 120, 142, 0.81234)
ASKED = {"id": "c1", "trigger": "submit-message", "messages": [{"role": "user", "content": "When?"}]}


@pytest_asyncio.fixture(loop_scope="module")
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.batches = [[Text("At six")]]
    ports.jobs.hold = True
    ports.knowledge.found = (SOURCE,)
    async with serving(ports, ChatRules(resume_grace_s=0.5)) as running:
        yield running


async def go_on(edge: ChatEdge, *, readers: int) -> None:
    """Once so many have come back, the worker says the rest."""
    async with asyncio.timeout(5):
        while len(edge.ports.jobs.attached) < readers:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    (job,) = edge.ports.jobs.submitted
    for batch in finished([Text(", says [1].")]):
        await edge.ports.jobs.say(job, batch)
    await edge.ports.jobs.end(job)


async def ask(node: NodeClients, edge: ChatEdge, client: str, **command: Any) -> dict[str, Any]:
    told = {"api": f"{edge.url}/v1/chat", "headers": AUTHORIZATION, "chat": "c1", **command}
    if client == "ai4" and "resume" not in command:
        told["messages"] = [
            {"role": "user", "content": "When?", "parts": [{"type": "text", "text": "When?"}]}
        ]
    return await node.ask(client, text="When?", **told)


async def test_ai_sdk_7_reads_on_where_it_left(node: NodeClients, edge: ChatEdge) -> None:
    left = await ask(node, edge, "ai7", stopAfter=2)
    shown = left["messages"][1]
    going_on = asyncio.create_task(go_on(edge, readers=1))
    seen = await ask(node, edge, "ai7", resume=True, messages=left["messages"])
    await going_on

    assert (seen["error"], seen["status"]) == (None, "ready")
    (question, answer) = seen["messages"]
    assert (question["id"], answer["id"]) == (left["messages"][0]["id"], shown["id"])
    assert answer["metadata"] | shown["metadata"] == answer["metadata"]
    parts = [part for part in answer["parts"] if part["type"] != "step-start"]
    assert [part["type"] for part in parts] == ["source-document", "text"]
    assert parts[0] == next(part for part in shown["parts"] if part["type"] == "source-document")
    assert parts[1]["text"] == "At six, says [1]."
    await asyncio.sleep(0.6)
    assert (edge.ports.jobs.cancelled, edge.ports.jobs.detached) == ([], [])
    assert [action for action, _, _ in edge.ports.audit.records] == ["chat.start", "chat.end"]


async def test_ai_sdk_4_reads_on(node: NodeClients, edge: ChatEdge) -> None:
    left = await ask(node, edge, "ai4", stopAfter=2)
    going_on = asyncio.create_task(go_on(edge, readers=1))
    seen = await ask(node, edge, "ai4", resume=True)
    await going_on

    assert seen["error"] is None
    assert seen["message"]["id"] == left["message"]["id"]
    assert seen["message"]["content"] == "At six, says [1]."
    assert [part["type"] for part in seen["message"]["parts"]] == ["step-start", "source", "text"]


async def test_two_tabs_see_the_same_stream(edge: ChatEdge) -> None:
    async with edge.client.stream("POST", "/v1/chat", json=ASKED) as first:
        tabs = [asyncio.create_task(edge.client.get("/v1/chat/c1/stream")) for _ in range(2)]
        await go_on(edge, readers=2)
        asked = await first.aread()
    answers = await asyncio.gather(*tabs)
    assert {answer.text for answer in answers} == {asked.decode()}
    assert {answer.headers["x-sluice-message-id"] for answer in answers} == {
        first.headers["x-sluice-message-id"]
    }
    assert asked.endswith(b"data: [DONE]\n\n")


async def test_a_notice_comes_again(edge: ChatEdge) -> None:
    edge.ports.knowledge.away = True
    async with edge.client.stream("POST", "/v1/chat", json=ASKED):
        going_on = asyncio.create_task(go_on(edge, readers=1))
        again = await edge.client.get("/v1/chat/c1/stream")
        await going_on
    assert "retrieval_unavailable" in again.text


async def test_nothing_to_read_on(node: NodeClients, edge: ChatEdge) -> None:
    edge.ports.jobs.hold = False
    await edge.post("/v1/chat", ASKED)
    five = await edge.client.get("/v1/chat/c1/stream")
    four = await edge.client.get("/v1/chat?chatId=c1")
    assert (five.status_code, five.content) == (204, b"")
    assert (four.status_code, four.content) == (200, b"")
    for client in ("ai4", "ai7"):
        seen = await ask(node, edge, client, resume=True)
        assert seen["error"] is None


async def test_another_users_answer_does_not_exist(edge: ChatEdge) -> None:
    async with edge.client.stream("POST", "/v1/chat", json=ASKED):
        jobs = edge.ports.jobs
        jobs.live["c2"] = msgspec.structs.replace(jobs.live["c1"], user="somebody else", chat="c2")
        for chat in ("c2", "c3", "c%20%24"):
            for answer in (
                await edge.client.get(f"/v1/chat/{chat}/stream"),
                await edge.client.get(f"/v1/chat?chatId={chat}"),
                await edge.client.post(f"/v1/chat/{chat}/stop"),
            ):
                assert (answer.status_code, answer.text) == (404, "There is no such conversation.")
        assert jobs.cancelled == []
        assert jobs.attached == []


@pytest.mark.parametrize("waits", [False, True])
async def test_stop_ends_all_streams_with_an_abort(edge: ChatEdge, waits: bool) -> None:
    edge.ports.jobs.silent = waits
    streams = [asyncio.create_task(edge.post("/v1/chat", ASKED))]
    async with asyncio.timeout(2):
        while not edge.ports.jobs.submitted:
            await asyncio.sleep(0.01)
    streams.append(asyncio.create_task(edge.client.get("/v1/chat/c1/stream")))
    await asyncio.sleep(0.1)
    for _ in range(2):
        stopped = await edge.client.post("/v1/chat/c1/stop")
        assert (stopped.status_code, stopped.content) == (204, b"")
    for answer in await asyncio.gather(*streams):
        events = [line for line in answer.text.splitlines() if line]
        assert json.loads(events[-2].removeprefix("data: ")) == {"type": "abort"}
        assert events[-1] == "data: [DONE]"
    (job,) = edge.ports.jobs.submitted
    assert set(edge.ports.jobs.cancelled) == {job.request}
    records = [(action, detail.get("code")) for action, _, detail in edge.ports.audit.records]
    assert records.count(("chat.stop", None)) == 1
    assert records.count(("chat.end", "cancelled")) == 1


async def test_an_edge_that_ends_cuts_the_stream_for_its_reader_to_come_back(
    node: NodeClients, edge: ChatEdge
) -> None:
    asking = asyncio.create_task(ask(node, edge, "ai7"))
    async with asyncio.timeout(2):
        while not edge.ports.jobs.submitted:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    edge.answering.following.part()
    seen = await asking
    assert (seen["status"], seen["error"]) == ("error", "terminated")  # what Node calls a network error
    assert seen["messages"][1]["parts"][-1]["text"] == "At six"
    assert (edge.ports.jobs.cancelled, edge.ports.jobs.detached) == ([], [])


@pytest.mark.parametrize("client", ["ai4", "ai7"])
async def test_a_client_that_stops_reading_may_come_back(
    node: NodeClients, edge: ChatEdge, client: str
) -> None:
    """`stop()` of the SDK closes the connection and says nothing: after the grace the worker is told."""
    await ask(node, edge, client, stopAfter=2)
    (job,) = edge.ports.jobs.submitted
    assert edge.ports.jobs.detached == []
    async with asyncio.timeout(2):
        while not edge.ports.jobs.detached:
            await asyncio.sleep(0.01)
    assert edge.ports.jobs.detached == [(job.request, job.stream)]
    assert edge.ports.jobs.cancelled == []


@pytest.mark.parametrize("way", [{"stream": False}, {"query": "?protocol=text"}])
async def test_a_client_that_cannot_come_back_frees_the_worker(edge: ChatEdge, way: dict[str, Any]) -> None:
    """Also before the first token, and when it waits for the whole answer."""
    edge.ports.jobs.silent = True
    stream, query = way.get("stream", True), way.get("query", "")
    body = {"stream": stream, "messages": [{"role": "user", "content": "When?"}]}
    request = asyncio.create_task(edge.post("/v1/chat" + query, body))
    async with asyncio.timeout(2):
        while not edge.ports.jobs.submitted:
            await asyncio.sleep(0.01)
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    await cancelled(edge)


async def cancelled(edge: ChatEdge) -> None:
    async with asyncio.timeout(0.5):
        while not edge.ports.jobs.cancelled:
            await asyncio.sleep(0.005)
    assert edge.ports.jobs.cancelled == [edge.ports.jobs.submitted[0].request]
