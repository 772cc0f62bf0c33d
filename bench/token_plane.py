"""What a token costs between a worker's process and an edge's, by three ways.

    python -m bench.token_plane [--streams 256] [--tokens 500000] [--rounds 3]

- `frames`: the token plane as it is: `FrameWriter` → nats-server → `Receiver`, 256 readers.
- `messages`: one nats-py message a token, into the same readers.
- `socket`: the same frames over a bare unix socket, decoded and counted; no bus can be faster.

Targets: frames at least 8 times messages, and at least 45 % of the socket. Prints a table and JSON.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from pathlib import Path

import msgspec
import uvloop

from bench.servers import nats_server
from shared import subjects
from shared.broker import NatsBus
from shared.messages import Delta, Frame, Text
from shared.runtime import tune_gc
from shared.streams import FrameWriter, Receiver
from shared.streams.writer import Gathered

WINDOW_STEPS = 64
"""The worker runs at most so many steps ahead of the edge, as an engine would not run ahead at all."""

CREDIT = "bench.credit"
INBOX = "bench"


class Load(msgspec.Struct, frozen=True):
    kind: str
    streams: int
    steps: int
    address: str
    """Of nats-server, or the path of the socket."""


class Cost(msgspec.Struct, frozen=True):
    cpu_s: float
    wall_s: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=256)
    parser.add_argument("--tokens", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    results: dict[str, list[tuple[float, float, float]]] = {"frames": [], "messages": [], "socket": []}
    with nats_server() as url, tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.rounds):
            for kind, measured in results.items():
                tokens = arguments.tokens // (4 if kind == "messages" else 1)
                steps = max(1, tokens // arguments.streams)
                address = str(Path(folder) / f"socket-{len(measured)}") if kind == "socket" else url
                measured.append(run(Load(kind, arguments.streams, steps, address)))
    report(results, arguments.streams)


def run(load: Load) -> tuple[float, float, float]:
    """Tokens a second, and microseconds of CPU a token of the worker and of the edge."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    edge = context.Process(target=edge_process, args=(load, theirs))
    edge.start()
    if not ours.poll(30):
        raise RuntimeError("the edge's process did not start")
    ours.recv()
    worker_cost = worker_in_child(context, load)
    edge_cost: Cost = ours.recv()
    edge.join(30)
    tokens = load.streams * load.steps
    return tokens / edge_cost.wall_s, worker_cost.cpu_s / tokens * 1e6, edge_cost.cpu_s / tokens * 1e6


def worker_in_child(context: SpawnContext, load: Load) -> Cost:
    ours, theirs = context.Pipe()
    worker = context.Process(target=worker_process, args=(load, theirs))
    worker.start()
    worker.join(300)
    return ours.recv()


# --- the worker's process ---------------------------------------------------------------------------


def worker_process(load: Load, pipe: Connection) -> None:
    ways: dict[str, Callable[[Load], Awaitable[None]]] = {
        "frames": write_frames,
        "messages": write_messages,
        "socket": write_socket,
    }
    uvloop.run(measured(ways[load.kind](load), pipe))


async def measured(work: Awaitable[None], pipe: Connection) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    await work
    pipe.send(Cost(time.process_time() - cpu, time.perf_counter() - wall))


class Credit:
    """Waits until the edge is at most WINDOW_STEPS behind."""

    def __init__(self) -> None:
        self._done = 0
        self._moved = asyncio.Event()

    async def received(self, _: str, data: bytes) -> None:
        self.grant(int(data))

    def grant(self, steps: int) -> None:
        self._done = steps
        self._moved.set()

    async def wait_for(self, step: int) -> None:
        while step - self._done > WINDOW_STEPS:
            self._moved.clear()
            await self._moved.wait()


def deltas_of(step: int, streams: int) -> list[Delta]:
    part = (Text(" token"),)
    return [Delta(stream + 1, 7, step, (step + stream,), part) for stream in range(streams)]


def frame_of(sequence: int, deltas: list[Delta]) -> Frame:
    gathered = Gathered()
    for delta in deltas:
        gathered.add(delta)
    return gathered.frame("bench", sequence)


async def write_frames(load: Load) -> None:
    bus = await NatsBus.connect(load.address, "bench-worker")
    credit = Credit()
    await bus.listen(CREDIT, credit.received)
    writer = FrameWriter(bus.client.publish, "bench")
    sending = asyncio.create_task(writer.run())
    for step in range(load.steps):
        for delta in deltas_of(step, load.streams):
            writer.send(INBOX, delta)
        await writer.flush()
        await credit.wait_for(step)
    await credit.wait_for(load.steps + WINDOW_STEPS)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await bus.close()


async def write_messages(load: Load) -> None:
    bus = await NatsBus.connect(load.address, "bench-worker")
    credit = Credit()
    await bus.listen(CREDIT, credit.received)
    encode = msgspec.msgpack.Encoder().encode
    subject = subjects.tokens(INBOX)
    for step in range(load.steps):
        for place, delta in enumerate(deltas_of(step, load.streams), 1):
            sequence = step * load.streams + place
            await bus.client.publish(subject, encode(frame_of(sequence, [delta])))
        await credit.wait_for(step)
    await credit.wait_for(load.steps + WINDOW_STEPS)
    await bus.close()


async def write_socket(load: Load) -> None:
    reader, writer = await asyncio.open_unix_connection(load.address)
    encode = msgspec.msgpack.Encoder().encode
    credit = Credit()

    async def read_credit() -> None:
        while data := await reader.read(4):
            credit.grant(int.from_bytes(data, "big"))

    reading = asyncio.create_task(read_credit())
    for step in range(load.steps):
        data = encode(frame_of(step, deltas_of(step, load.streams)))
        writer.write(len(data).to_bytes(4, "big") + data)
        await writer.drain()
        await credit.wait_for(step)
    await credit.wait_for(load.steps + WINDOW_STEPS)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    writer.close()


# --- the edge's process -------------------------------------------------------------------------------


def edge_process(load: Load, pipe: Connection) -> None:
    uvloop.run(read_socket(load, pipe) if load.kind == "socket" else read_bus(load, pipe))


async def read_bus(load: Load, pipe: Connection) -> None:
    tune_gc()
    bus = await NatsBus.connect(load.address, "bench-edge")
    receiver = Receiver(inbox=INBOX, max_pending=1_000_000)
    await receiver.start(bus)
    readers = [asyncio.create_task(read_stream(receiver, load.steps)) for _ in range(load.streams - 1)]
    readers.append(asyncio.create_task(read_stream(receiver, load.steps, bus)))
    await bus.client.flush()
    pipe.send("ready")
    await measured_from_first_token(receiver, readers, pipe)
    await bus.client.publish(CREDIT, str(load.steps + 2 * WINDOW_STEPS).encode())
    await receiver.close()
    await bus.close()


async def measured_from_first_token(
    receiver: Receiver, readers: list[asyncio.Task[None]], pipe: Connection
) -> None:
    while not receiver.has_heard:
        await asyncio.sleep(0.0005)
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*readers)
    pipe.send(Cost(time.process_time() - cpu, time.perf_counter() - wall))


async def read_stream(receiver: Receiver, steps: int, crediting: NatsBus | None = None) -> None:
    incoming = receiver.open("bench")
    seen = 0
    while seen < steps:
        seen += len(await incoming.next())
        if crediting is not None:
            await crediting.client.publish(CREDIT, str(seen).encode())
    incoming.close()


async def read_socket(load: Load, pipe: Connection) -> None:
    decode = msgspec.msgpack.Decoder(Frame).decode
    finished: asyncio.Future[Cost] = asyncio.get_running_loop().create_future()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cpu, wall = time.process_time(), time.perf_counter()
        seen = 0
        for step in range(load.steps):
            size = int.from_bytes(await reader.readexactly(4), "big")
            frame = decode(await reader.readexactly(size))
            seen += len(frame.ids)
            writer.write(step.to_bytes(4, "big"))
        finished.set_result(Cost(time.process_time() - cpu, time.perf_counter() - wall))
        writer.write((load.steps + 2 * WINDOW_STEPS).to_bytes(4, "big"))
        await writer.drain()

    server = await asyncio.start_unix_server(connected, load.address)
    pipe.send("ready")
    pipe.send(await finished)
    server.close()


def report(results: dict[str, list[tuple[float, float, float]]], streams: int) -> None:
    medians = {
        kind: [statistics.median(column) for column in zip(*rows, strict=True)]
        for kind, rows in results.items()
    }
    sys.stdout.write(
        f"{streams} streams, medians of {len(results['frames'])} rounds, {os.cpu_count()} cores\n"
    )
    for kind, (rate, worker, edge) in medians.items():
        sys.stdout.write(
            f"{kind:<9} {rate:>12,.0f} tokens/s  worker {worker:5.2f} us  edge {edge:5.2f} us a token\n"
        )
    rounds = range(len(results["frames"]))
    over_messages = statistics.median(results["frames"][i][0] / results["messages"][i][0] for i in rounds)
    of_socket = statistics.median(results["frames"][i][0] / results["socket"][i][0] for i in rounds)
    sys.stdout.write(
        f"frames are {over_messages:.1f} x messages (target 8) and {of_socket:.0%} of the socket (target 45 %)\n"
    )
    sys.stdout.write(
        json.dumps({"over_messages": over_messages, "of_socket": of_socket, "medians": medians}) + "\n"
    )


if __name__ == "__main__":
    main()
