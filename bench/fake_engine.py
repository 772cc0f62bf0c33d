"""An OpenAI-compatible engine that costs next to nothing: each token says when it was sent.

The clock is the system's monotonic one, which all processes on a machine share.
"""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import cast

import uvloop

from bench.bare_http import HEAD, chunk

MODEL = "fake"


class FakeEngine(asyncio.Protocol):
    """Answers `POST` with a stream that ends only with its connection, and `GET` with the list of models."""

    def __init__(self, streams: set[asyncio.Transport]) -> None:
        self._streams = streams
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        if data.startswith(b"POST"):
            self._transport.write(HEAD)
            self._streams.add(self._transport)
        elif data.startswith(b"GET"):
            models = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}).encode()
            head = (
                f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(models)}\r\n\r\n"
            )
            self._transport.write(head.encode() + models)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._streams.discard(self._transport)


def event() -> bytes:
    fields = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "delta": {"content": f"{time.perf_counter():.6f} "}, "finish_reason": None}],
    }
    return chunk(b"data: " + json.dumps(fields).encode() + b"\n\n")


@contextmanager
def fake_engine(step_s: float) -> Generator[int]:
    """Yields its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, step_s), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join(10)


def run(pipe: Connection, step_s: float) -> None:
    uvloop.run(serve(pipe, step_s))


async def serve(pipe: Connection, step_s: float) -> None:
    streams: set[asyncio.Transport] = set()
    server = await asyncio.get_running_loop().create_server(lambda: FakeEngine(streams), "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    next_at = time.perf_counter()
    while True:
        next_at = max(next_at + step_s, time.perf_counter())
        await asyncio.sleep(next_at - time.perf_counter())
        data = event()
        for transport in list(streams):
            transport.write(data)
