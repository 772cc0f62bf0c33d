"""An answer that its reader leaves is stopped, not left to the edge's patience."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from services.cli.adapters.chat_stream import Text
from services.cli.adapters.http import HttpClient, Turn

TURNS = [Turn("user", "When?", "q1")]


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'data: {"type":"start"}\n\ndata: {"type":"text-start","id":"1"}\n\n'
        while True:
            yield b'data: {"type":"text-delta","id":"1","delta":"word "}\n\n'
            await asyncio.sleep(0.01)


class Edge:
    def __init__(self, stop_status: int = 204) -> None:
        self.asked: list[str] = []
        self._stop_status = stop_status

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.url.path == "/login":
            return httpx.Response(
                200,
                json={"access_token": "a", "refresh_token": "r", "expires_in": 600, "token_type": "Bearer"},
            )
        if request.url.path == "/v1/chat":
            return httpx.Response(200, stream=Endless())
        return httpx.Response(self._stop_status)


@pytest.mark.parametrize("stop_status", [204, 503])
@pytest.mark.parametrize("interrupted", [False, True])
async def test_an_answer_that_is_left_is_stopped(interrupted: bool, stop_status: int) -> None:
    edge = Edge(stop_status)
    begun = asyncio.Event()
    async with HttpClient("http://edge", transport=httpx.MockTransport(edge.answer)) as client:
        await client.sign_in("ada", "right")

        async def read() -> None:
            async with aclosing(client.chat(TURNS, chat="c1")) as parts:
                async for part in parts:
                    if isinstance(part, Text):
                        begun.set()
                        if not interrupted:
                            return

        reading = asyncio.create_task(read())
        await begun.wait()
        if interrupted:
            reading.cancel()
        await asyncio.wait([reading])
        assert reading.cancelled() is interrupted
    assert edge.asked == ["/login", "/v1/chat", "/v1/chat/c1/stop"]
