"""What reading an OpenAI-compatible engine's streams costs a token, and nothing else.

    python -m bench.engine_stream [--streams 64 256] [--seconds 5]

The engine (`bench/fake_engine.py`) sends 50 tokens a second to each stream. Read by httpx line by line, by the
worker's own adapter (`services/inference/adapters/openai`) up to its outputs, and by a protocol that only counts.
Each in a process of its own, whose CPU is what counts. Prints a table.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import httpx
import msgspec
import uvloop

from bench.fake_engine import MODEL, fake_engine
from bench.http_stream import Client
from services.inference.adapters.openai import OpenAIEngine, OpenAIOptions
from services.inference.adapters.openai.wire import Chunk
from services.inference.ports import Output
from shared.messages import ChatJob, ChatMessage, ServedModel
from shared.runtime import tune_gc

STEPS_PER_S = 50
START_S = 2.0
REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    sys.stdout.write("streams  way         tokens/s  CPU us a token\n")
    with fake_engine(1 / STEPS_PER_S) as port:
        for streams, way in itertools.product(arguments.streams, WAYS):
            tokens, cpu_s = measured(way, port, streams, arguments.seconds)
            rate, cost_us = tokens / arguments.seconds, cpu_s / tokens * 1e6
            sys.stdout.write(f"{streams:>7}  {way:<8} {rate:>11,.0f}  {cost_us:>14.1f}\n")
            sys.stdout.flush()


def measured(way: str, port: int, streams: int, seconds: float) -> tuple[int, float]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, way, port, streams, seconds), daemon=True)
    process.start()
    try:
        return ours.recv()
    finally:
        process.terminate()
        process.join(10)


def run(pipe: Connection, way: str, port: int, streams: int, seconds: float) -> None:
    tune_gc()
    uvloop.run(measure(pipe, way, port, streams, seconds))


async def measure(pipe: Connection, way: str, port: int, streams: int, seconds: float) -> None:
    """The process is ended by whoever reads the pipe."""
    counter = itertools.count()
    reading = asyncio.ensure_future(WAYS[way](port, streams, counter))
    await asyncio.wait({reading}, timeout=START_S)
    if reading.done():
        reading.result()
        raise RuntimeError("the streams have ended")
    tokens, cpu_s = -next(counter), -time.process_time()
    await asyncio.sleep(seconds)
    pipe.send((tokens + next(counter) - 1, cpu_s + time.process_time()))
    await reading


async def by_httpx(port: int, streams: int, counter: "itertools.count[int]") -> None:
    decode = msgspec.json.Decoder(Chunk).decode
    limits = httpx.Limits(max_connections=streams)

    async def read(client: httpx.AsyncClient) -> None:
        async with client.stream("POST", "/chat/completions", json={}) as response:
            async for line in response.aiter_lines():
                if line.startswith("data:") and decode(line[5:].strip()):
                    next(counter)

    async with httpx.AsyncClient(base_url=base_url(port), timeout=None, limits=limits) as client:
        await asyncio.gather(*(read(client) for _ in range(streams)))


async def by_adapter(port: int, streams: int, counter: "itertools.count[int]") -> None:
    options = OpenAIOptions(base_url=base_url(port), upstream={MODEL: MODEL}, slots=streams)
    engine = OpenAIEngine(options, worker="bench", models=(ServedModel(MODEL, 8192),))
    await engine.start()

    def take(_: Output) -> None:
        next(counter)

    await asyncio.gather(*(engine.stream(job(n)).pour(take) for n in range(streams)))


class Counting(Client):
    """Counts events."""

    counter: "itertools.count[int]"

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"data:")):
            next(self.counter)


async def by_nothing(port: int, streams: int, counter: "itertools.count[int]") -> None:
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for _ in range(streams):
        _, client = await loop.create_connection(lambda: Counting(REQUEST, b"", []), "127.0.0.1", port)
        client.counter = counter
        clients.append(client)
    await asyncio.gather(*(client.finished.wait() for client in clients))


def base_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/v1"


def job(number: int) -> ChatJob:
    return ChatJob(
        request=str(number),
        user="u",
        model=MODEL,
        messages=(ChatMessage(role="user", content="Count."),),
        inbox="i",
        stream=number,
        created_at=0.0,
        deadline=0.0,
    )


WAYS: dict[str, Callable[[int, int, "itertools.count[int]"], Awaitable[None]]] = {
    "httpx": by_httpx,
    "adapter": by_adapter,
    "bare": by_nothing,
}


if __name__ == "__main__":
    main()
