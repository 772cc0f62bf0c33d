"""An upstream whose every byte a test decides: HTTP, or what is none, on real sockets."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def event(**fields: Any) -> bytes:
    return b"data: " + json.dumps(fields, ensure_ascii=False).encode() + b"\n\n"


def said(text: str, **fields: Any) -> bytes:
    return event(choices=[{"index": 0, "delta": {"content": text}, **fields}])


def answer(*texts: str) -> bytes:
    """A whole one, each event its own chunk."""
    events = [*map(said, texts), said("", finish_reason="stop"), b"data: [DONE]\n\n"]
    return STREAM + b"".join(map(chunk, events)) + END


class Upstream:
    """Answers each question with the next of `scripts`, and with the last one from then on."""

    def __init__(self, *scripts: Script | bytes) -> None:
        self._scripts = list(scripts)
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.base_url = ""
        self.port = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while True:
                await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self.open -= 1
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        self.requests.append(head + await reader.readexactly(int(length or b"0")))
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        if isinstance(script, bytes):
            writer.write(script)
            await writer.drain()
        else:
            await script(reader, writer)

    async def closed(self) -> None:
        async with asyncio.timeout(5):
            while self.open:
                await asyncio.sleep(0.005)


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await writer.drain()
    raise ConnectionError


async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Until the client has gone."""
    await reader.read()
    raise ConnectionError


@asynccontextmanager
async def upstream(*scripts: Script | bytes, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Upstream]:
    handler = Upstream(*scripts)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(handler.connected(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    handler.port = server.sockets[0].getsockname()[1]
    handler.base_url = f"{'https' if tls else 'http'}://localhost:{handler.port}/v1"
    try:
        yield handler
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
