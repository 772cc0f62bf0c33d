"""Too much for one user: each route says it in its own way."""

import asyncio

import openai
import pytest
from openai import AsyncOpenAI

from services.edge.domain.chat import ChatRules
from tests.chat_edge import TOKEN, Ports, serving

BODY = {"messages": [{"role": "user", "content": "When?"}]}


async def test_a_user_with_too_many_answers_is_told_so_by_each_route() -> None:
    ports = Ports()
    ports.jobs.hold = True
    async with serving(ports, ChatRules(max_streams_per_user=1)) as edge:
        first = asyncio.create_task(edge.post("/v1/chat", {**BODY, "id": "c1"}))
        async with asyncio.timeout(2):
            while not ports.jobs.submitted:
                await asyncio.sleep(0.01)
        plain = await edge.post("/v1/chat", BODY)
        assert (plain.status_code, plain.headers["retry-after"]) == (429, "1")
        assert plain.headers["content-type"] == "text/plain; charset=utf-8"
        async with AsyncOpenAI(base_url=f"{edge.url}/v1", api_key=TOKEN, max_retries=0) as client:
            with pytest.raises(openai.RateLimitError) as caught:
                await client.chat.completions.create(
                    model="fake", messages=[{"role": "user", "content": "When?"}]
                )
        assert caught.value.code == "rate_limit_exceeded"
        assert caught.value.response.headers["retry-after"] == "1"
        assert len(ports.history.begun) == 1
        await edge.client.post("/v1/chat/c1/stop")
        assert (await first).status_code == 200
