"""The official `openai` client asks for legacy completions."""

import asyncio
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI

from services.edge.domain.chat import ChatRules
from shared.errors import QueueFull
from shared.messages import Failure, Finished, Logprobs, Text, TokenLogprob
from tests.chat_edge import TOKEN, ChatEdge, Ports, serving
from tests.fakes.chat import finished


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.batches = finished([Text("At")], [Text(" six\u2028\n")])
    async with serving(ports, ChatRules(max_streams_per_user=4)) as running:
        yield running


@pytest.fixture
async def client(edge: ChatEdge) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{edge.url}/v1", api_key=TOKEN, max_retries=0) as made:
        yield made


async def test_it_is_sampled_as_a_chat_completion_is(edge: ChatEdge, client: AsyncOpenAI) -> None:
    more = {"top_k": -1, "min_p": 0.1, "repetition_penalty": 1.1, "stop_token_ids": [7], "ignore_eos": True}
    await client.completions.create(model="fake", prompt="a", logit_bias={"5": -100}, extra_body=more)
    asked = edge.ports.jobs.submitted[0].sampling
    assert (asked.logit_bias, asked.top_k, asked.min_p) == ({5: -100.0}, 0, 0.1)
    assert (asked.repetition_penalty, asked.stop_token_ids, asked.ignore_eos) == (1.1, (7,), True)


async def test_a_whole_completion(edge: ChatEdge, client: AsyncOpenAI) -> None:
    made = await client.completions.create(model="gpt-4-local", prompt="The gate opens", seed=3, stop="x")
    (job,) = edge.ports.jobs.submitted
    assert (made.id, made.object, made.model) == (f"cmpl-{job.request}", "text_completion", "fake")
    (choice,) = made.choices
    assert (choice.index, choice.text, choice.finish_reason) == (0, "At six\u2028\n", "stop")
    assert choice.logprobs is None
    assert made.usage is not None
    assert (made.usage.prompt_tokens, made.usage.total_tokens) == (7, 10)
    assert (job.prompt, job.messages, job.chat) == ("The gate opens", (), "")
    assert (job.sampling.max_tokens, job.sampling.seed, job.sampling.stop) == (16, 3, ("x",))


async def test_a_streamed_completion(edge: ChatEdge, client: AsyncOpenAI) -> None:
    stream = await client.completions.create(
        model="fake", prompt=[1, 2, 3], max_tokens=5, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    (job,) = edge.ports.jobs.submitted
    assert (job.prompt, job.sampling.max_tokens) == ((1, 2, 3), 5)
    assert {(chunk.id, chunk.object) for chunk in chunks} == {(f"cmpl-{job.request}", "text_completion")}
    assert [chunk.choices[0].text for chunk in chunks[:-1]] == ["At", " six\u2028\n", ""]
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None, None, "stop"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 10


@pytest.mark.parametrize("prompt", [["One", "Two", "Three"], [[1], [2, 2], [3]]])
async def test_several_prompts_have_their_choices_in_order(
    edge: ChatEdge, client: AsyncOpenAI, prompt: list[str]
) -> None:
    jobs = edge.ports.jobs
    jobs.batches = [[Text("a", 0), Text("b", 1)], [Finished("stop", 1), Finished("length", 0)]]
    whole = await client.completions.create(model="fake", prompt=prompt, n=2)
    assert [(one.index, one.text, one.finish_reason) for one in whole.choices] == [
        (index, *said) for index, said in enumerate([("a", "length"), ("b", "stop")] * 3)
    ]
    assert whole.usage is not None
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (21, 9)
    told = [job.prompt for job in jobs.submitted]
    assert told == [tuple(one) if isinstance(one, list) else one for one in prompt]

    texts = [""] * 6
    reasons: list[str | None] = [None] * 6
    stream = await client.completions.create(
        model="fake", prompt=prompt, n=2, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    for chunk in chunks[:-1]:
        (choice,) = chunk.choices
        texts[choice.index] += choice.text
        reasons[choice.index] = choice.finish_reason or reasons[choice.index]
    assert (texts, reasons) == (["a", "b"] * 3, ["length", "stop"] * 3)
    assert {chunk.id for chunk in chunks} == {f"cmpl-{jobs.submitted[3].request}"}
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 21


async def test_log_probabilities(edge: ChatEdge, client: AsyncOpenAI) -> None:
    own, other = TokenLogprob("At", -0.1, (65, 116)), TokenLogprob("By", -2.5, (66, 121))
    edge.ports.jobs.batches = finished(
        [Text("At"), Logprobs(((own, own, other),))], [Logprobs(((other, other),))]
    )
    whole = await client.completions.create(model="fake", prompt="x", logprobs=2)
    told = whole.choices[0].logprobs
    assert told is not None
    assert (told.tokens, told.token_logprobs, told.text_offset) == (["At", "By"], [-0.1, -2.5], [0, 2])
    assert told.top_logprobs == [{"At": -0.1, "By": -2.5}, {"By": -2.5}]
    assert edge.ports.jobs.submitted[0].sampling.top_logprobs == 2

    stream = await client.completions.create(model="fake", prompt="x", logprobs=2, stream=True)
    pieces = [c.logprobs async for chunk in stream for c in chunk.choices if c.logprobs is not None]
    assert [piece.tokens for piece in pieces] == [["At"], ["By"]]
    assert [piece.text_offset for piece in pieces] == [[0], [2]]


async def test_of_several_prompts_the_first_that_fails_ends_all(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = []
    edge.ports.jobs.failure = Failure("context_length_exceeded", "Too long.", param="prompt")
    with pytest.raises(openai.BadRequestError) as caught:
        await client.completions.create(model="fake", prompt=["a", "b"])
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "prompt")
    edge.ports.jobs.batches = [[Text("At")], [Finished("error")]]
    edge.ports.jobs.failure = Failure("engine_failed", "The engine gave up.")
    stream = await client.completions.create(model="fake", prompt=["a", "b"], stream=True)
    with pytest.raises(openai.APIError, match="The engine gave up"):
        _ = [chunk async for chunk in stream]
    edge.ports.jobs.failure = None
    edge.ports.jobs.batches = finished([Text("ok")])
    made = await client.completions.create(model="fake", prompt=["a", "b", "c", "d"])
    assert [choice.text for choice in made.choices] == ["ok"] * 4


async def test_all_prompts_are_taken_or_none(edge: ChatEdge, client: AsyncOpenAI) -> None:
    """A user has four answers under way at most here: the first four are given back."""
    edge.ports.jobs.hold = True
    with pytest.raises(openai.RateLimitError):
        await client.completions.create(model="fake", prompt=["a"] * 5)
    async with asyncio.timeout(1):
        while len(edge.ports.jobs.cancelled) < 4:
            await asyncio.sleep(0.005)
    edge.ports.jobs.hold = False
    assert len((await client.completions.create(model="fake", prompt=["a"] * 4)).choices) == 4
    edge.ports.jobs.refusal = QueueFull("The queue is full.")
    with pytest.raises(openai.InternalServerError) as full:
        await client.completions.create(model="fake", prompt=["a", "b"])
    assert full.value.code == "queue_full"


@pytest.mark.parametrize("prompt", ["a", ["a", "b"]])
async def test_a_client_that_goes_away_frees_the_workers(
    edge: ChatEdge, client: AsyncOpenAI, prompt: str | list[str]
) -> None:
    edge.ports.jobs.hold = True
    stream = await client.completions.create(model="fake", prompt=prompt, stream=True)
    await anext(aiter(stream))
    await stream.close()
    with pytest.raises(openai.APITimeoutError):
        await client.with_options(timeout=0.3).completions.create(model="fake", prompt=prompt)
    async with asyncio.timeout(0.5):
        while len(edge.ports.jobs.cancelled) < 2 * len(prompt):
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"prompt": None}, "prompt", "invalid_request"),
        ({"prompt": ""}, "prompt", "invalid_request"),
        ({"prompt": []}, "prompt", "invalid_request"),
        ({"prompt": ["a", ""]}, "prompt[1]", "invalid_request"),
        ({"prompt": [[1], []]}, "prompt[1]", "invalid_request"),
        ({"prompt": ["a", 1]}, "prompt", "invalid_request"),
        ({"prompt": ["a"] * 33}, "prompt", "invalid_request"),
        ({"prompt": [-1]}, "prompt[0]", "invalid_request"),
        ({"prompt": [[1.5]]}, "prompt[0][0]", "invalid_request"),
        ({"echo": True}, "echo", "unsupported_parameter"),
        ({"suffix": "."}, "suffix", "unsupported_parameter"),
        ({"best_of": 3}, "best_of", "unsupported_parameter"),
        ({"prompt_embeds": "AAAA"}, "prompt_embeds", "unsupported_parameter"),
        ({"logit_bias": {"x": 1}}, "logit_bias", "invalid_request"),
        ({"min_tokens": 17}, "min_tokens", "invalid_request"),
        ({"logprobs": 6}, "logprobs", "invalid_request"),
        ({"max_tokens": 0}, "max_tokens", "invalid_request"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_request"),
    ],
)
async def test_a_mistake_names_its_parameter(
    edge: ChatEdge, fields: dict[str, object], param: str, code: str
) -> None:
    answer = await edge.post("/v1/completions", {"model": "fake", "prompt": "a", **fields})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)


async def test_what_asks_for_nothing_is_taken(client: AsyncOpenAI) -> None:
    made = await client.completions.create(
        model="fake", prompt="a", echo=False, suffix=None, best_of=1, n=1, user="ada"
    )
    assert made.choices[0].text == "At six\u2028\n"


async def test_refusals_are_the_clients_own_exceptions(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        await client.completions.create(model="nobody", prompt="a")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.APIStatusError) as large:
        await client.completions.create(model="fake", prompt="a" * 200_001)
    assert (large.value.status_code, large.value.param) == (413, "prompt")
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="forged").completions.create(model="fake", prompt="a")
