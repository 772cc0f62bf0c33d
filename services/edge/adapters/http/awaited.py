"""A response that takes a while to make, and is given up when its client has gone."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from services.edge.adapters.http.answers import Refusal, Refuse, until_gone
from services.edge.adapters.http.errors import fault_of
from shared.errors import SluiceError

Work = Callable[[], Coroutine[Any, Any, bytes]]
"""Makes one JSON text."""


class AwaitedBody(ASGIResponse):
    def __init__(self, work: Work, refuse: Refuse) -> None:
        super().__init__()
        self._work = work
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        """Work that fails by a bug raises it, for the route to answer: nothing has been sent by then."""
        working = asyncio.create_task(self._made())
        gone = asyncio.create_task(until_gone(receive))
        try:
            await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, gone):
                task.cancel()
            await asyncio.wait({working, gone})
        if not working.cancelled():
            await _send(send, working.result())

    async def _made(self) -> Refusal:
        try:
            body = await self._work()
        except SluiceError as error:
            return self._refuse(fault_of(error))
        return Refusal(200, {"Content-Type": "application/json"}, body)


async def _send(send: Send, made: Refusal) -> None:
    status, headers, body = made
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*encoded, length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
