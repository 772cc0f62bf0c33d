"""A small HTTP client: thousands of streams in one process, and each told exactly when and how it broke."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

Json = dict[str, Any]


class BrokenOff(Exception):
    """The connection ended in the middle, or was never made."""


class Answer:
    """Status and headers are there; the body is still to be read. `close` it."""

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.status = status
        self.headers = headers
        self.writer = writer
        self._reader = reader

    async def chunks(self) -> AsyncGenerator[bytes]:
        """As they arrive. Raises `BrokenOff` when the body does not come to its end."""
        try:
            if self.headers.get("transfer-encoding") != "chunked":
                yield await self._reader.readexactly(int(self.headers.get("content-length", 0)))
                return
            while size := int(await self._reader.readline() or b"-1", 16):
                if size < 0:
                    raise BrokenOff("the body was cut")
                data = await self._reader.readexactly(size + 2)
                yield data[:-2]
            await self._reader.readline()  # the empty line that ends the body
        except (OSError, EOFError) as error:  # IncompleteReadError is an EOFError
            raise BrokenOff(repr(error)) from error

    async def body(self) -> bytes:
        return b"".join([data async for data in self.chunks()])

    def close(self) -> None:
        """At once, and without a word: as a client that is gone."""
        self.writer.transport.abort()


def request(method: str, path: str, *, token: str = "", body: object = None) -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(data)}\r\n"
    head += "content-type: application/json\r\n" if data else ""
    head += f"authorization: Bearer {token}\r\n" if token else ""
    return head.encode() + b"\r\n" + data


async def send(
    port: int, method: str, path: str, *, token: str = "", body: object = None, source: str = "127.0.0.1"
) -> Answer:
    """One request on a connection of its own. Raises `BrokenOff` when no answer begins."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        writer.write(request(method, path, token=token, body=body))
        return await read_answer(reader, writer)
    except (OSError, EOFError) as error:
        raise BrokenOff(repr(error)) from error


async def ask(port: int, method: str, path: str, *, token: str = "", body: object = None) -> tuple[int, Json]:
    """Status and JSON body; an empty one is {}."""
    answer = await send(port, method, path, token=token, body=body)
    try:
        data = await answer.body()
    finally:
        answer.close()
    is_json = "json" in answer.headers.get("content-type", "")
    return answer.status, json.loads(data) if data and is_json else {"text": data.decode()} if data else {}


async def events(answer: Answer) -> AsyncGenerator[Json]:
    """The events of a UI message stream, without its `[DONE]`. Raises `BrokenOff` when that does not come."""
    buffer, done = b"", False
    async for data in answer.chunks():
        *complete, buffer = (buffer + data).split(b"\n\n")
        for event in complete:
            if event == b"data: [DONE]":
                done = True
            elif event.startswith(b"data: "):
                yield json.loads(event[6:])
    if not done:
        raise BrokenOff("the stream ended without [DONE]")


async def read_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Answer(int(lines[0].split()[1]), headers, reader, writer)
