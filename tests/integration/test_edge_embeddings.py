"""Embeddings over HTTP on real parts: edge, NATS, and the embedder with its real model."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest
from openai import AsyncOpenAI

from services.embedder.app import build_app
from services.embedder.settings import EmbedderSettings
from tests.edge import add_user, running_edge

MODEL = "all-MiniLM-L6-v2"


class Scene:
    def __init__(self, nats_url: str, client: AsyncOpenAI) -> None:
        self.client = client
        self._settings = EmbedderSettings(nats_url=nats_url, embedding_aliases=("text-embedding-3-small",))

    async def start_embedder(self) -> "tuple[asyncio.Event, asyncio.Task[None]]":
        stop, app = asyncio.Event(), build_app(self._settings)
        running = asyncio.create_task(app.run(stop))
        while not app.ready:
            await asyncio.sleep(0.02)
        return stop, running


@pytest.fixture
async def scene(nats_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    await add_user(database_url, "ada")
    async with running_edge(nats_url, database_url, tmp_path) as edge:
        token = (await edge.sign_in())["Authorization"].removeprefix("Bearer ")
        url = f"http://127.0.0.1:{edge.settings.http_port}/v1"
        async with AsyncOpenAI(base_url=url, api_key=token, max_retries=0, timeout=20) as client:
            yield Scene(nats_url, client)


def likeness(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


async def test_vectors_mean_something_and_an_outage_is_no_hang(scene: Scene) -> None:
    client = scene.client
    assert [model.id async for model in client.models.list()] == []
    with pytest.raises(openai.InternalServerError) as away:
        await client.with_options(timeout=3).embeddings.create(model=MODEL, input="a")
    assert away.value.status_code == 503

    stop, running = await scene.start_embedder()
    assert [model.id async for model in client.models.list()] == [MODEL, "text-embedding-3-small"]
    texts = ["A cat sleeps on the sofa.", "A kitten naps on the couch.", "Bond prices fell today."]
    made = await client.embeddings.create(model="text-embedding-3-small", input=texts, dimensions=384)
    cat, kitten, bonds = (item.embedding for item in made.data)
    assert (made.model, made.usage.prompt_tokens) == (MODEL, 26)
    assert likeness(cat, cat) == pytest.approx(1.0, abs=1e-5)
    assert likeness(cat, kitten) > likeness(cat, bonds) + 0.3
    alone = await client.embeddings.create(model=MODEL, input=texts[2], encoding_format="float")
    assert alone.data[0].embedding == pytest.approx(bonds, abs=1e-5)

    with pytest.raises(openai.NotFoundError) as unknown:
        await client.embeddings.create(model="text-embedding-ada-002", input="a")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as cut:
        await client.embeddings.create(model=MODEL, input="a", dimensions=256)
    assert cut.value.param == "dimensions"
    with pytest.raises(openai.BadRequestError) as long:
        await client.embeddings.create(model=MODEL, input=["a", "word " * 300])
    assert (long.value.code, long.value.param) == ("context_length_exceeded", "input[1]")
    read = await client.embeddings.create(
        model=MODEL, input="word " * 300, extra_body={"truncate_prompt_tokens": -1}
    )
    assert read.usage.total_tokens == 256
    stop.set()
    await running
