"""Is it up? Services answer over the bus, the edge over HTTP: an answer proves the event loop and the connections."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
import nats
import nats.errors
from nats.aio.client import Client

from deploy.local.child import Child
from deploy.local.console import Console
from deploy.local.errors import StartError
from deploy.local.logs import Logs
from deploy.local.ports import LOOPBACK
from deploy.local.services import Service
from shared import subjects
from shared.messages import Failure, HealthReply, HealthRequest
from shared.settings import servers

POLL_S = 0.05
SAY_EVERY_S = 15.0
ASK_TIMEOUT_S = 2.0


class Probe(Protocol):
    async def is_ready(self, service: Service) -> bool: ...

    async def close(self) -> None: ...


class Readiness:
    """Asks each service in its own way. Connects at the first question: NATS is not up before."""

    def __init__(self, nats_url: str, port: int) -> None:
        self._nats_url = nats_url
        self._port = port
        self._client: Client | None = None

    async def is_ready(self, service: Service) -> bool:
        if service.name == "edge":
            return await http_ready(self._port)
        try:
            return await self._ask(subjects.health(service.name, service.instance))
        except (nats.errors.Error, OSError):  # nobody answers yet
            return False

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _ask(self, subject: str) -> bool:
        if self._client is None:
            self._client = await nats.connect(servers(self._nats_url), name="supervisor", connect_timeout=2)
        answer = await self._client.request(
            subject, msgspec.msgpack.encode(HealthRequest()), timeout=ASK_TIMEOUT_S
        )
        reply = msgspec.msgpack.decode(answer.data, type=HealthReply | Failure)
        return isinstance(reply, HealthReply) and reply.ready


async def http_ready(port: int, path: str = "/health/ready") -> bool:
    """Anything but a 200 is a no."""
    try:
        async with asyncio.timeout(ASK_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            writer.write(request.encode())
            status = await reader.readline()
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    return status.split()[1:2] == [b"200"]


class Waiting:
    """Waits for a child that was just started."""

    def __init__(self, logs: Logs, console: Console) -> None:
        self._logs = logs
        self._console = console

    async def until(self, is_ready: Callable[[], Awaitable[bool]], child: Child, within_s: float) -> None:
        """`StartError` with the end of its log when the child ends, or takes longer than it may."""
        name = child.spec.name
        started = said = time.monotonic()
        while not await is_ready():
            now = time.monotonic()
            if child.exit_status is not None:
                raise StartError(self._failure(name, f"ended with status {child.exit_status}"))
            if now - started > within_s:
                raise StartError(self._failure(name, f"was not ready within {within_s:.0f} s"))
            if now - said > SAY_EVERY_S:
                said = now
                self._console.note(
                    f"{name} is still starting ({now - started:.0f} s); its log: {self._logs.path(name)}"
                )
            await asyncio.sleep(POLL_S)

    def _failure(self, name: str, what: str) -> str:
        return f"{name} {what}. The end of {self._logs.path(name)}:\n{self._logs.tail(name)}"
