"""Connections to one upstream, kept for the next question."""

import asyncio
from urllib.parse import SplitResult
from weakref import WeakSet

from services.inference.adapters.openai.connection import Connection
from services.inference.adapters.openai.target import Target
from services.inference.adapters.openai.tunnel import opened_tunnel
from shared.errors import Unavailable

CONNECT_S = 2.0
SILENCE_S = 120.0
"""Between two pieces, and until the first: a long prompt on a busy server takes its time."""
KEEP_S = 4.0
"""uvicorn, and vLLM with it, closes what has been idle for 5 s: we are to be first."""


class Pool:
    """At most `keep` connections idle. How many are in use is for those to bound who use them."""

    def __init__(self, target: Target, *, keep: int, silence_s: float) -> None:
        self._target = target
        self._keep = keep
        self._silence_s = silence_s
        self._idle: list[Connection] = []
        self._all: WeakSet[Connection] = WeakSet()

    async def connection(self, *, fresh: bool = False) -> Connection:
        """Raises `Unavailable`."""
        while self._idle and not fresh:
            if (connection := self._idle.pop()).is_open:
                return connection
        try:
            async with asyncio.timeout(CONNECT_S):
                return await self._connect()
        except OSError as error:
            raise Unavailable("The model's server does not answer.") from error

    def close(self) -> None:
        for connection in list(self._all):
            connection.abort()
        self._idle.clear()

    async def _connect(self) -> Connection:
        target, loop = self._target, asyncio.get_running_loop()
        connection = Connection(self._silence_s, self._free)
        self._all.add(connection)
        if target.proxy is None:
            await loop.create_connection(lambda: connection, target.host, target.port, ssl=target.tls)
        elif target.tls is None:
            host, port = _place(target.proxy)
            await loop.create_connection(lambda: connection, host, port)
        else:
            tunnel = await opened_tunnel(target, *_place(target.proxy))
            await loop.create_connection(
                lambda: connection, sock=tunnel, ssl=target.tls, server_hostname=target.host
            )
        return connection

    def _free(self, connection: Connection) -> None:
        self._idle = [each for each in self._idle if each.is_open]
        if len(self._idle) < self._keep:
            self._idle.append(connection)
            connection.rest(KEEP_S)
        else:
            connection.abort()


def _place(proxy: SplitResult) -> tuple[str, int]:
    return proxy.hostname or "", proxy.port or 80
