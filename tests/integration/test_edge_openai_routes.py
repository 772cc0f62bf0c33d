"""OpenAI's other routes on real parts: edge, NATS, PostgreSQL, and a worker on the simulated engine."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest
from openai import AsyncOpenAI

from tests.edge import add_user, running_edge
from tests.worker import running_worker

MODEL = "simulated"


@pytest.fixture
async def client(nats_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[AsyncOpenAI]:
    await add_user(database_url, "ada")
    async with (
        running_edge(nats_url, database_url, tmp_path) as edge,
        running_worker(nats_url, sim_step_ms=1),
    ):
        token = (await edge.sign_in())["Authorization"].removeprefix("Bearer ")
        url = f"http://127.0.0.1:{edge.settings.http_port}/v1"
        async with AsyncOpenAI(base_url=url, api_key=token, max_retries=0, timeout=20) as made:
            while not [model async for model in made.models.list()]:
                await asyncio.sleep(0.05)
            yield made


async def test_a_response_streamed_and_whole(client: AsyncOpenAI) -> None:
    whole = await client.responses.create(model=MODEL, input="Tell me of water.", max_output_tokens=12)
    assert (whole.status, len(whole.output_text.split())) == ("incomplete", 12)
    assert whole.usage is not None
    assert whole.usage.output_tokens == 12
    async with client.responses.stream(
        model=MODEL, input="Tell me of water.", max_output_tokens=12
    ) as stream:
        texts = [event.delta async for event in stream if event.type == "response.output_text.delta"]
    assert "".join(texts) == whole.output_text
    with pytest.raises(openai.BadRequestError) as long:
        await client.responses.create(model=MODEL, input="x", max_output_tokens=100_000)
    assert (long.value.code, long.value.type) == ("context_length_exceeded", "invalid_request_error")


async def test_a_legacy_completion_streamed_and_whole(client: AsyncOpenAI) -> None:
    whole = await client.completions.create(model=MODEL, prompt=["Water", "Wine"], max_tokens=8, n=2)
    assert [choice.index for choice in whole.choices] == [0, 1, 2, 3]
    assert [len(choice.text.split()) for choice in whole.choices] == [8] * 4
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 32
    texts = [""] * 4
    async for chunk in await client.completions.create(
        model=MODEL, prompt=["Water", "Wine"], max_tokens=8, n=2, stream=True
    ):
        for choice in chunk.choices:
            texts[choice.index] += choice.text
    assert texts == [choice.text for choice in whole.choices]
