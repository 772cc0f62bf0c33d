"""What granian's `send` returns, which its documentation does not say and `Pen` goes by.

Were it called something else one day, nothing would break: each token would cost a task's waking again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from bench.servers import free_port
from services.edge.adapters.http.answers import TAKEN_AT_ONCE

PIECE = b"x" * 4096
MORE_THAN_ANY_BUFFER = 16 * 1024 * 1024


class Application:
    """Sends without waiting until `send` wants to be waited for."""

    def __init__(self) -> None:
        self.returned: list[str] = []
        self.taken = 0

    async def __call__(self, scope: object, receive: object, send: Callable[[Any], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while self.taken < MORE_THAN_ANY_BUFFER:
            sent = send({"type": "http.response.body", "body": PIECE, "more_body": True})
            self.returned.append(type(sent).__name__)
            if self.returned[-1] != TAKEN_AT_ONCE:
                return
            self.taken += len(PIECE)


async def test_a_piece_is_taken_at_once_until_the_client_is_too_slow() -> None:
    application, port = Application(), free_port()
    server = Server(
        application,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    try:
        _, writer = await connect(port)
        writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        async with asyncio.timeout(20):
            while not application.returned or application.returned[-1] == TAKEN_AT_ONCE:
                await asyncio.sleep(0.01)
        writer.close()
    finally:
        server.stop()
        await serving
    assert application.returned[0] == TAKEN_AT_ONCE
    assert application.taken < MORE_THAN_ANY_BUFFER


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(20):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
