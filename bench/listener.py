"""When each frame was on the bus, heard by a process that has nothing else to do."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import uvloop

from shared import subjects
from shared.broker import NatsBus


@contextmanager
def frame_times(nats_url: str) -> Generator[Callable[[], list[float]]]:
    """Yields what stops the listening, and returns the times, on the clock that all processes here share."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, nats_url), daemon=True)
    process.start()

    def stop() -> list[float]:
        ours.send("stop")
        return ours.recv()

    try:
        ours.recv()
        yield stop
    finally:
        process.terminate()
        process.join(10)


def run(pipe: Connection, nats_url: str) -> None:
    uvloop.run(listen(pipe, nats_url))


async def listen(pipe: Connection, nats_url: str) -> None:
    times: list[float] = []
    stopped = asyncio.Event()

    async def heard(_: str, __: bytes) -> None:
        times.append(time.perf_counter())

    bus = await NatsBus.connect(nats_url, "bench-listener")
    await bus.listen(subjects.tokens("*"), heard)
    asyncio.get_running_loop().add_reader(pipe.fileno(), stopped.set)
    pipe.send("ready")
    await stopped.wait()
    pipe.send(times)
    await bus.close()
