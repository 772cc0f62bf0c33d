"""The official `openai` client asks the edge for vectors."""

import asyncio
import base64
import struct
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI

from tests.chat_edge import TOKEN, ChatEdge, Ports, serving

MODEL = "letters"


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    async with serving(Ports()) as running:
        yield running


@pytest.fixture
async def client(edge: ChatEdge) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{edge.url}/v1", api_key=TOKEN, max_retries=0) as made:
        yield made


async def test_one_text_and_several(edge: ChatEdge, client: AsyncOpenAI) -> None:
    one = await client.embeddings.create(model=MODEL, input="b")
    assert (one.object, one.model, len(one.data)) == ("list", MODEL, 1)
    assert one.data[0].embedding == [0.0, 1.0] + [0.0] * 24
    several = await client.embeddings.create(model=MODEL, input=["a b", "b a", "c"])
    assert [(item.object, item.index) for item in several.data] == [("embedding", n) for n in range(3)]
    assert several.data[0].embedding[:2] == pytest.approx([0.5**0.5] * 2)
    assert (several.usage.prompt_tokens, several.usage.total_tokens) == (11, 11)
    assert [lane for _, lane in edge.ports.embedder.asked] == ["query", "batch"]
    assert [record[:2] for record in edge.ports.audit.records] == [("embeddings.create", "ok")] * 2
    assert edge.ports.audit.records[1][2] == {"model": MODEL, "texts": 3, "tokens": 11}


async def test_numbers_and_base64_are_the_same_vector(edge: ChatEdge, client: AsyncOpenAI) -> None:
    numbers = await client.embeddings.create(model=MODEL, input="a bb ccc", encoding_format="float")
    coded = await edge.post(
        "/v1/embeddings", {"model": MODEL, "input": "a bb ccc", "encoding_format": "base64"}
    )
    data = base64.b64decode(coded.json()["data"][0]["embedding"])
    assert list(struct.unpack("<26f", data)) == numbers.data[0].embedding
    by_default = await edge.post("/v1/embeddings", {"model": MODEL, "input": "a bb ccc"})
    assert by_default.json()["data"][0]["embedding"] == numbers.data[0].embedding


async def test_as_many_texts_as_openai_takes(edge: ChatEdge, client: AsyncOpenAI) -> None:
    """The order stays over all the blocks that they are cut into, and in both formats."""
    texts = ["ab" if n % 3 else "a" for n in range(2_048)]
    for encoding in ("float", "base64"):
        made = await client.embeddings.create(model=MODEL, input=texts, encoding_format=encoding)
        assert [item.index for item in made.data] == list(range(2_048))
    found = await client.embeddings.create(model=MODEL, input=texts)
    assert [item.embedding[1] > 0 for item in found.data] == [text == "ab" for text in texts]
    assert len(edge.ports.embedder.asked) == 3 * 32


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"input": ""}, "input", "invalid_request"),
        ({"input": []}, "input", "invalid_request"),
        ({"input": ["a", ""]}, "input[1]", "invalid_request"),
        ({"input": ["a"] * 2_049}, "input", "invalid_request"),
        ({"input": [1, 2]}, "input[0]", "invalid_request"),
        ({"input": ["a", [1, 2]]}, "input[1]", "invalid_request"),
        ({"input": ["a", {"b": 1}]}, "input[1]", "invalid_request"),
        ({"input": "a " * 300}, "input", "context_length_exceeded"),
        ({"input": ["b"] * 70 + ["a " * 300]}, "input[70]", "context_length_exceeded"),
        ({"dimensions": 13}, "dimensions", "invalid_request"),
        ({"dimensions": 0}, "dimensions", "invalid_request"),
        ({"encoding_format": "int8"}, "encoding_format", "invalid_request"),
        ({"truncate_prompt_tokens": 5}, "truncate_prompt_tokens", "unsupported_parameter"),
        ({"model": ""}, "model", "invalid_request"),
        ({"model": None}, "model", "invalid_request"),
    ],
)
async def test_a_mistake_names_its_parameter(
    edge: ChatEdge, fields: dict[str, object], param: str, code: str
) -> None:
    answer = await edge.post("/v1/embeddings", {"model": MODEL, "input": "a", **fields})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
    assert error["type"] == "invalid_request_error"


async def test_refusals_are_the_clients_own_exceptions(edge: ChatEdge, client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        await client.embeddings.create(model="fake", input="a")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.APIStatusError) as large:
        await client.embeddings.create(model=MODEL, input=["b", "a" * 32_769])
    assert (large.value.status_code, large.value.param) == (413, "input[1]")
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="forged").embeddings.create(model=MODEL, input="a")
    edge.ports.embedder.away = True
    with pytest.raises(openai.InternalServerError) as away:
        await client.embeddings.create(model=MODEL, input="a")
    assert (away.value.status_code, away.value.code) == (503, "unavailable")
    assert away.value.response.headers["retry-after"] == "1"


async def test_what_is_too_long_may_be_cut_and_dimensions_may_be_the_models(client: AsyncOpenAI) -> None:
    made = await client.embeddings.create(
        model="text-embedding-3-small",
        input="a " * 300,
        dimensions=26,
        extra_body={"truncate_prompt_tokens": -1},
    )
    assert (made.model, len(made.data[0].embedding), made.usage.prompt_tokens) == (MODEL, 26, 256)


async def test_the_model_is_listed_after_those_that_chat(edge: ChatEdge, client: AsyncOpenAI) -> None:
    models = [model async for model in client.models.list()]
    assert [model.id for model in models] == ["fake", "gpt-4-local", MODEL, "text-embedding-3-small"]
    assert ["dimensions" in (model.model_extra or {}) for model in models] == [False, False, True, True]
    assert (await client.models.retrieve("text-embedding-3-small")).model_dump()["root"] == MODEL
    edge.ports.embedder.away = True
    assert [model.id async for model in client.models.list()] == ["fake", "gpt-4-local"]


async def test_too_many_at_once_are_one_users_own_fault(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.embedder.encoder.gate.clear()
    under_way = [
        asyncio.create_task(client.embeddings.create(model=MODEL, input=["a", "b"])) for _ in range(8)
    ]
    while len(edge.ports.embedder.asked) < 8:
        await asyncio.sleep(0.005)
    with pytest.raises(openai.RateLimitError) as limited:
        await client.embeddings.create(model=MODEL, input="a")
    assert limited.value.response.headers["retry-after"] == "1"
    edge.ports.embedder.encoder.gate.set()
    assert [len(made.data) for made in await asyncio.gather(*under_way)] == [2] * 8
    assert len((await client.embeddings.create(model=MODEL, input="a")).data) == 1


async def test_for_a_client_that_goes_away_nothing_more_is_computed(
    edge: ChatEdge, client: AsyncOpenAI
) -> None:
    embedder = edge.ports.embedder
    embedder.encoder.gate.clear()
    for _ in range(9):  # more than a user may have under way: each has left its place
        with pytest.raises(openai.APITimeoutError):
            await client.with_options(timeout=0.1).embeddings.create(model=MODEL, input=["a"] * 200)
        await asyncio.sleep(0.05)
    embedder.encoder.gate.set()
    await asyncio.sleep(0.1)
    assert len(embedder.asked) == 9
    assert edge.ports.audit.records == []


async def test_an_access_that_is_taken_back_ends_it(edge: ChatEdge, client: AsyncOpenAI) -> None:
    embedder = edge.ports.embedder
    embedder.encoder.gate.clear()
    asking = asyncio.create_task(client.embeddings.create(model=MODEL, input=["a"] * 200))
    while not embedder.asked:
        await asyncio.sleep(0.005)
    edge.ports.sessions.revoke()
    embedder.encoder.gate.set()
    with pytest.raises(openai.AuthenticationError):
        await asking
    assert len(embedder.asked) == 1
