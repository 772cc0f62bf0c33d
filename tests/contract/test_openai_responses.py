"""The official `openai` client asks for responses: text, what the model thinks, log probabilities, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseOutputMessage, ResponseReasoningItem, ResponseStreamEvent
from pydantic import BaseModel

from shared.errors import QueueFull
from shared.messages import Failure, Finished, Logprobs, Passage, Reasoning, Text, TokenLogprob, Usage
from tests.chat_edge import TOKEN, ChatEdge, Ports, serving
from tests.fakes.chat import finished


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.batches = finished([Text("At")], [Text(" six\u2028\n")])
    async with serving(ports) as running:
        yield running


@pytest.fixture
async def client(edge: ChatEdge) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{edge.url}/v1", api_key=TOKEN, max_retries=0) as made:
        yield made


async def events_of(client: AsyncOpenAI, **fields: object) -> list[ResponseStreamEvent]:
    asked: dict[str, object] = {"model": "fake", "input": "When?", **fields}
    create: Any = client.responses.create
    return [event async for event in await create(stream=True, **asked)]


def last_response(events: list[ResponseStreamEvent]) -> Response:
    response = getattr(events[-1], "response", None)
    assert isinstance(response, Response)
    return response


def comparable(response: Response) -> dict[str, object]:
    """Without what differs from request to request: names, times, and items' ids."""
    told = response.model_dump(exclude={"id", "created_at", "completed_at"})
    for item in told["output"]:
        item["id"] = item["id"].split("_")[0]
    return told


async def test_a_whole_response(edge: ChatEdge, client: AsyncOpenAI) -> None:
    made = await client.responses.create(
        model="gpt-4-local",
        input="When?",
        instructions="Be brief.",
        max_output_tokens=50,
        metadata={"a": "b"},
    )
    (job,) = edge.ports.jobs.submitted
    assert (made.id, made.object, made.model, made.status) == (
        f"resp_{job.request}",
        "response",
        "fake",
        "completed",
    )
    assert made.output_text == "At six\u2028\n"
    (message,) = made.output
    assert isinstance(message, ResponseOutputMessage)
    assert (message.role, message.status, message.content[0].type) == (
        "assistant",
        "completed",
        "output_text",
    )
    assert made.usage is not None
    assert (made.usage.input_tokens, made.usage.output_tokens, made.usage.total_tokens) == (7, 3, 10)
    assert (made.error, made.incomplete_details, made.metadata) == (None, None, {"a": "b"})
    assert (made.instructions, made.max_output_tokens, made.tool_choice) == ("Be brief.", 50, "auto")
    assert [(one.role, one.content) for one in job.messages] == [("system", "Be brief."), ("user", "When?")]
    assert job.sampling.max_tokens == 50
    assert edge.ports.history.begun == []


async def test_the_events_of_a_text(edge: ChatEdge, client: AsyncOpenAI) -> None:
    events = await events_of(client)
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(10))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert deltas == ["At", " six\u2028\n"]
    whole = await client.responses.create(model="fake", input="When?")
    assert comparable(last_response(events)) == comparable(whole)


async def test_the_clients_own_helper_follows(client: AsyncOpenAI) -> None:
    async with client.responses.stream(model="fake", input="When?") as stream:
        snapshots = [event.snapshot async for event in stream if event.type == "response.output_text.delta"]
        final = await stream.get_final_response()
    assert snapshots == ["At", "At six\u2028\n"]
    assert final.output_text == "At six\u2028\n"


async def test_what_a_model_thinks_comes_first(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = finished([Reasoning("Hm")], [Reasoning(".")], [Text("At six.")])
    events = await events_of(client, reasoning={"effort": "low", "summary": "auto"})
    assert [event.type for event in events][2:9] == [
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_text.delta",
        "response.reasoning_text.delta",
        "response.reasoning_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ]
    response = last_response(events)
    thought, said = response.output
    assert isinstance(thought, ResponseReasoningItem)
    assert thought.content is not None
    assert (thought.content[0].text, thought.summary) == ("Hm.", [])
    assert isinstance(said, ResponseOutputMessage)
    assert response.reasoning is not None
    assert response.reasoning.effort == "low"
    assert edge.ports.jobs.submitted[0].reasoning_effort == "low"


async def test_an_answer_of_the_wished_form(edge: ChatEdge, client: AsyncOpenAI) -> None:
    class Opening(BaseModel):
        hour: int

    edge.ports.jobs.batches = finished([Text('{"hour":')], [Text(" 6}")])
    parsed = await client.responses.parse(model="fake", input="When?", text_format=Opening)
    assert parsed.output_parsed == Opening(hour=6)
    form = edge.ports.jobs.submitted[0].sampling.json_format
    assert form is not None
    assert (form.name, form.strict, '"hour"' in form.schema) == ("Opening", True, True)
    made = await client.responses.create(model="fake", input="x", text={"format": {"type": "json_object"}})
    assert made.text is not None
    assert made.text.format is not None
    assert made.text.format.type == "json_object"


async def test_log_probabilities(edge: ChatEdge, client: AsyncOpenAI) -> None:
    own, other = TokenLogprob("At", -0.1, (65, 116)), TokenLogprob("\u2028", -2.5, (226, 128, 168))
    edge.ports.jobs.batches = finished(
        [Reasoning("Hm"), Logprobs(((other,),))],
        [Text("At"), Logprobs(((own, own, other),))],
        [Logprobs(((other,),))],
        [Text(" six")],
    )
    events = await events_of(client, include=["message.output_text.logprobs"], top_logprobs=2)
    streamed = [one for e in events if e.type == "response.output_text.delta" for one in e.logprobs]
    assert [(one.token, one.logprob) for one in streamed] == [("At", -0.1), ("\u2028", -2.5)]
    assert [top.token for top in streamed[0].top_logprobs or []] == ["At", "\u2028"]
    message = last_response(events).output[1]
    assert isinstance(message, ResponseOutputMessage)
    assert message.content[0].type == "output_text"
    assert [one.bytes for one in message.content[0].logprobs or []] == [[65, 116], [226, 128, 168]]
    sampling = edge.ports.jobs.submitted[0].sampling
    assert (sampling.logprobs, sampling.top_logprobs) == (True, 2)


async def test_an_answer_that_is_cut_off(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = [[Text("At")], [Finished("length")]]
    events = await events_of(client, max_output_tokens=1)
    assert events[-1].type == "response.incomplete"
    response = last_response(events)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output[0].model_dump()["status"] == "incomplete"
    whole = await client.responses.create(model="fake", input="When?", max_output_tokens=1)
    assert comparable(whole) == comparable(response)


async def test_an_answer_that_says_nothing(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = finished()
    events = await events_of(client)
    assert [event.type for event in events][2:] == [
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert (await client.responses.create(model="fake", input="When?")).output_text == ""


async def test_an_error_in_midstream(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = [[Text("At")], [Finished("error")]]
    edge.ports.jobs.failure = Failure("engine_failed", "The engine gave up.")
    events = await events_of(client)
    assert events[-1].type == "response.failed"
    response = last_response(events)
    assert (response.status, response.output_text) == ("failed", "At")
    assert response.error is not None
    assert (response.error.code, response.error.message) == ("server_error", "The engine gave up.")
    with pytest.raises(openai.InternalServerError) as caught:
        await client.responses.create(model="fake", input="When?")
    assert (caught.value.status_code, caught.value.code) == (502, "engine_failed")


async def test_a_prompt_that_does_not_fit_is_the_input(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = []
    edge.ports.jobs.failure = Failure(
        "context_length_exceeded", "The model takes 4096 tokens.", param="messages"
    )
    for stream in (True, False):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(model="fake", input="When?", stream=stream)
        assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "input")
    with pytest.raises(openai.APIStatusError) as large:
        await client.responses.create(model="fake", input="x" * 200_001)
    assert (large.value.status_code, large.value.param) == (413, "input")


async def test_refusals_are_the_clients_own_exceptions(edge: ChatEdge, client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        await client.responses.create(model="nobody", input="x")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="forged").responses.create(model="fake", input="x")
    edge.ports.jobs.refusal = QueueFull("The queue is full.")
    edge.ports.workers.rate = 1_000.0
    with pytest.raises(openai.InternalServerError) as full:
        await client.responses.create(model="fake", input="x")
    assert (full.value.status_code, full.value.code) == (503, "queue_full")
    assert full.value.response.headers["retry-after"] == "10"
    with pytest.raises(openai.NotFoundError):  # nothing is stored, so there is nothing to read
        await client.responses.retrieve("resp_1")


async def test_our_extension_turns_retrieval_on(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.knowledge.found = (Passage("d1", "Handbook", 3, "At six.", 0, 7, 0.8),)
    await client.responses.create(model="fake", input="When?")
    await client.responses.create(model="fake", input="When?", extra_body={"retrieval": True})
    assert [len(job.passages) for job in edge.ports.jobs.submitted] == [0, 1]


async def test_a_client_that_goes_away_frees_the_worker(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.hold = True
    stream = await client.responses.create(model="fake", input="When?", stream=True)
    await anext(aiter(stream))
    await stream.close()
    with pytest.raises(openai.APITimeoutError):
        await client.with_options(timeout=0.3).responses.create(model="fake", input="When?")
    async with asyncio.timeout(0.5):
        while len(edge.ports.jobs.cancelled) < 2:
            await asyncio.sleep(0.005)


async def test_tokens_that_were_thought_are_counted(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.usage = Usage(7, 9, cached_tokens=4, reasoning_tokens=5)
    usage = (await client.responses.create(model="fake", input="When?")).usage
    assert usage is not None
    assert (usage.input_tokens_details.cached_tokens, usage.output_tokens_details.reasoning_tokens) == (4, 5)
