"""The floor: a process that writes events of a size to every client at each step, and does nothing else."""

import asyncio
import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import cast

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Bare(asyncio.Protocol):
    """Answers any request with the head, and is then written to."""

    def __init__(self, clients: set[asyncio.Transport]) -> None:
        self._clients = clients
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(HEAD)
            self._clients.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._clients.discard(self._transport)


@contextmanager
def bare_server(clients: int, step_s: float, event_bytes: int) -> Generator[tuple[int, int]]:
    """Yields its port and process id."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, clients, step_s, event_bytes), daemon=True)
    process.start()
    try:
        port: int = ours.recv()
        assert process.pid is not None
        yield port, process.pid
    finally:
        process.terminate()
        process.join(10)


def run(pipe: Connection, clients: int, step_s: float, event_bytes: int) -> None:
    uvloop.run(serve(pipe, clients, step_s, event_bytes))


async def serve(pipe: Connection, clients: int, step_s: float, event_bytes: int) -> None:
    connected: set[asyncio.Transport] = set()
    server = await asyncio.get_running_loop().create_server(lambda: Bare(connected), "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    event = chunk(b"data: " + b"x" * 8 + b"." * max(0, event_bytes - 22) + b"\n\n")
    while True:
        await asyncio.sleep(step_s)
        if len(connected) == clients:
            for transport in list(connected):
                transport.write(event)


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
