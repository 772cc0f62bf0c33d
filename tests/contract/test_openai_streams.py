"""The official `openai` client reads what the edge serves."""

import asyncio
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from shared.errors import QueueFull
from shared.messages import Failure, Finished, Logprobs, Passage, Reasoning, Text, TokenLogprob
from tests.chat_edge import TOKEN, ChatEdge, Ports, serving
from tests.fakes.chat import finished

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "When?"}]


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.batches = finished([Reasoning("Hm.")], [Text("At")], [Text(" six\u2028\n")])
    async with serving(ports) as running:
        yield running


@pytest.fixture
async def client(edge: ChatEdge) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{edge.url}/v1", api_key=TOKEN, max_retries=0) as made:
        yield made


async def test_a_streamed_completion(edge: ChatEdge, client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="gpt-4-local", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]

    (job,) = edge.ports.jobs.submitted
    assert {(chunk.id, chunk.model, chunk.object) for chunk in chunks} == {
        (f"chatcmpl-{job.request}", "fake", "chat.completion.chunk")
    }
    assert chunks[0].choices[0].delta.role == "assistant"
    deltas = [chunk.choices[0].delta for chunk in chunks[:-1]]
    assert "".join(delta.content or "" for delta in deltas) == "At six\u2028\n"
    assert "".join((delta.model_extra or {}).get("reasoning_content", "") for delta in deltas) == "Hm."
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None, None, None, None, "stop"]
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * 5
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.total_tokens) == (7, 10)
    assert edge.ports.history.begun == []
    assert len(edge.ports.audit.records) >= 1


async def test_without_asking_there_is_no_usage_in_the_stream(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(model="fake", messages=MESSAGES, stream=True)
    assert all(chunk.choices and "usage" not in chunk.model_fields_set for chunk in [c async for c in stream])


async def test_a_whole_completion(edge: ChatEdge, client: AsyncOpenAI) -> None:
    made = await client.chat.completions.create(model="fake", messages=MESSAGES, temperature=0, seed=3)
    assert made.object == "chat.completion"
    (choice,) = made.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "At six\u2028\n")
    assert (choice.finish_reason, choice.logprobs) == ("stop", None)
    assert made.usage is not None
    assert (made.usage.completion_tokens, made.usage.total_tokens) == (3, 10)
    assert edge.ports.jobs.submitted[0].sampling.seed == 3


async def test_several_choices_keep_apart(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = [
        [Text("a", 0), Text("x", 1)],
        [Text("b", 0), Finished("length", 0)],
        [Text("y", 1), Finished("stop", 1)],
    ]
    whole = await client.chat.completions.create(model="fake", messages=MESSAGES, n=2)
    assert [(c.index, c.message.content, c.finish_reason) for c in whole.choices] == [
        (0, "ab", "length"),
        (1, "xy", "stop"),
    ]
    texts = ["", ""]
    reasons: list[str | None] = [None, None]
    async for chunk in await client.chat.completions.create(
        model="fake", messages=MESSAGES, n=2, stream=True
    ):
        (choice,) = chunk.choices
        texts[choice.index] += choice.delta.content or ""
        reasons[choice.index] = choice.finish_reason or reasons[choice.index]
    assert (texts, reasons) == (["ab", "xy"], ["length", "stop"])


async def test_log_probabilities(edge: ChatEdge, client: AsyncOpenAI) -> None:
    own, other = TokenLogprob("At", -0.1, (65, 116)), TokenLogprob("By", -2.5, (66, 121))
    edge.ports.jobs.batches = finished(
        [Text("At"), Logprobs(((own, own, other),))], [Logprobs(((other,),))], [Text(" six")]
    )
    whole = await client.chat.completions.create(
        model="fake", messages=MESSAGES, logprobs=True, top_logprobs=2
    )
    assert whole.choices[0].logprobs is not None
    content = whole.choices[0].logprobs.content
    assert content is not None
    assert [(entry.token, entry.logprob, entry.bytes) for entry in content] == [
        ("At", -0.1, [65, 116]),
        ("By", -2.5, [66, 121]),
    ]
    assert [top.token for top in content[0].top_logprobs] == ["At", "By"]

    stream = await client.chat.completions.create(
        model="fake", messages=MESSAGES, logprobs=True, top_logprobs=2, stream=True
    )
    choices = [chunk.choices[0] async for chunk in stream]
    assert "".join(choice.delta.content or "" for choice in choices) == "At six"
    streamed = [entry for c in choices if c.logprobs is not None for entry in c.logprobs.content or []]
    assert streamed == content


async def test_an_error_in_midstream(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = [[Text("At")], [Finished("error")]]
    edge.ports.jobs.failure = Failure("engine_failed", "The engine gave up.")
    stream = aiter(await client.chat.completions.create(model="fake", messages=MESSAGES, stream=True))
    seen = [(await anext(stream)).choices[0].delta.content for _ in range(2)]
    assert seen == ["", "At"]
    with pytest.raises(openai.APIError, match="The engine gave up") as caught:
        await anext(stream)
    assert caught.value.code == "engine_failed"


async def test_a_prompt_that_does_not_fit(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = []
    edge.ports.jobs.failure = Failure(
        "context_length_exceeded", "The model takes 4096 tokens.", param="messages"
    )
    for stream in (True, False):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(model="fake", messages=MESSAGES, stream=stream)
        assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")
        assert caught.value.type == "invalid_request_error"


async def test_refusals_are_the_clients_own_exceptions(edge: ChatEdge, client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        await client.chat.completions.create(model="nobody", messages=MESSAGES)
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as unsupported:
        await client.chat.completions.create(
            model="fake", messages=MESSAGES, tools=[{"type": "function", "function": {"name": "f"}}]
        )
    assert (unsupported.value.code, unsupported.value.param) == ("unsupported_parameter", "tools")
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="forged").chat.completions.create(model="fake", messages=MESSAGES)
    edge.ports.jobs.refusal = QueueFull("The queue is full.")
    edge.ports.workers.rate = 1_000.0
    with pytest.raises(openai.InternalServerError) as full:
        await client.chat.completions.create(model="fake", messages=MESSAGES)
    assert (full.value.status_code, full.value.code) == (503, "queue_full")
    assert full.value.response.headers["retry-after"] == "10"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b'{"messages": [{"role": "user", "content": "x"}]}', "model"),
        (b'{"model": "fake", "messages": []}', "messages"),
        (b'{"model": "fake", "messages": [{"role": "user", "content": "x"}], "temperature": 9}', "temperature"),
        (b'{"model": "fake", "messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]}',
         "messages[0].content[0].text"),
    ],
)  # fmt: skip
async def test_a_malformed_body_names_its_parameter(edge: ChatEdge, body: bytes, param: str | None) -> None:
    answer = await edge.client.post("/v1/chat/completions", content=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


async def test_models(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.embedder.away = True
    assert [model.id async for model in client.models.list()] == ["fake", "gpt-4-local"]
    assert (await client.models.retrieve("gpt-4-local")).object == "model"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("org/nobody")
    edge.ports.workers.away = True
    assert [model.id async for model in client.models.list()] == []


async def test_our_extension_turns_retrieval_on(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.knowledge.found = (Passage("d1", "Handbook", 3, "At six.", 0, 7, 0.8),)
    await client.chat.completions.create(model="fake", messages=MESSAGES)
    await client.chat.completions.create(model="fake", messages=MESSAGES, extra_body={"retrieval": True})
    assert [len(job.passages) for job in edge.ports.jobs.submitted] == [0, 1]


async def test_a_client_that_goes_away_frees_the_worker(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.hold = True
    stream = await client.chat.completions.create(model="fake", messages=MESSAGES, stream=True)
    await anext(aiter(stream))
    await stream.close()
    with pytest.raises(openai.APITimeoutError):
        await client.with_options(timeout=0.3).chat.completions.create(model="fake", messages=MESSAGES)
    async with asyncio.timeout(0.5):
        while len(edge.ports.jobs.cancelled) < 2:
            await asyncio.sleep(0.005)
