"""What the edge costs a token on its way from the bus to HTTP clients, and how long it holds it.

    python -m bench.http_stream [--clients 64 256] [--seconds 10] [--rounds 1] [--protocol ui|data|openai]
                                [--gather-ms 0]

The whole product runs with the simulated engine at 50 steps a second. Each client reads one stream. The same bytes
are then written by a bare asyncio protocol (`bench/bare_http.py`), which no HTTP server can undercut.

Added latency: from the moment a step's frame is on the bus (a process of its own listens there) to the client's socket.
Target: at most 2.2 times the bare protocol's CPU a token. Prints a table and JSON: medians of the rounds, in each
of which both are measured, one after the other.
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import groupby
from typing import cast

import psutil
import uvloop

from bench.bare_http import bare_server
from bench.cpu import cpu_s
from bench.listener import frame_times
from tests.stack import Stack, running_stack

MARKS = {"ui": b"text-delta", "data": b'0:"', "openai": b'"content":'}
"""What each token's event holds, and nothing else does."""
STEPS_PER_S = 50
START_S = 60.0
LISTENER_LATE_S = 0.005


@dataclass
class Measured:
    started: int = 0
    """Clients that had a token within `START_S`."""
    tokens: int = 0
    events: int = 0
    bytes: int = 0
    cpu_us: dict[str, float] = field(default_factory=dict[str, float])
    """CPU a token, by process."""
    added_ms: list[float] = field(default_factory=list[float])


class Client(asyncio.Protocol):
    """Posts one request, then counts and times what comes. It parses nothing: its own cost must stay small."""

    def __init__(self, request: bytes, mark: bytes, arrivals: list[float]) -> None:
        self._request = request
        self._mark = mark
        self._arrivals = arrivals
        self.started = asyncio.Event()
        self.finished = asyncio.Event()
        self.tokens = 0
        self.bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        count = data.count(self._mark)
        if count:
            self.tokens += count
            self.bytes += len(data)
            self._arrivals += [now] * count
            self.started.set()
        elif not self.tokens and b" 200 " not in data[:40] and data.startswith(b"HTTP/"):
            raise RuntimeError(f"refused: {data[:400]!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.finished.set()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--protocol", choices=MARKS, default="ui")
    parser.add_argument("--gather-ms", type=float, default=0.0)
    arguments = parser.parse_args()
    environ = {
        "SLUICE_SIM_SLOTS": "1024",
        "SLUICE_SIM_STEP_MS": str(1000 / STEPS_PER_S),
        "SLUICE_GATHER_MS": str(arguments.gather_ms),
    }
    results: dict[int, dict[str, float]] = {}
    with running_stack("simulated", environ=environ) as stack:
        token = stack.sign_in()
        for clients in arguments.clients:
            rows = [
                one_round(stack, token, arguments.protocol, clients, arguments.seconds)
                for _ in range(arguments.rounds)
            ]
            results[clients] = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    report(results, arguments.protocol)


def one_round(stack: Stack, token: str, protocol: str, clients: int, seconds: float) -> dict[str, float]:
    edge = uvloop.run(measure(stack, token, protocol, clients, seconds))
    event_bytes = max(1, edge.bytes // max(1, edge.events))
    with bare_server(clients, 1 / STEPS_PER_S, event_bytes) as (port, pid):
        bare = uvloop.run(measure_bare(port, pid, clients, seconds))
    return row(clients, edge, bare)


async def measure(stack: Stack, token: str, protocol: str, clients: int, seconds: float) -> Measured:
    port = int(stack.url.rsplit(":", 1)[1])
    request = chat_request(token, protocol, max_tokens=int((seconds + 6) * STEPS_PER_S))
    processes = {name: service_process(stack, name) for name in ("edge", "inference")}
    with frame_times(stack.nats_url) as stop:
        measured = await drive(port, request, MARKS[protocol], clients, seconds, processes)
        frames = stop()
    measured.added_ms = added(measured.added_ms, frames)
    return measured


async def measure_bare(port: int, pid: int, clients: int, seconds: float) -> Measured:
    request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
    return await drive(port, request, b"x" * 8, clients, seconds, {"bare": psutil.Process(pid)})


async def drive(
    port: int,
    request: bytes,
    mark: bytes,
    clients: int,
    seconds: float,
    processes: dict[str, psutil.Process],
    kind: type[Client] = Client,
) -> Measured:
    """Measures from when every client has its first token, or `START_S` later; then cuts off what is in flight."""
    loop = asyncio.get_running_loop()
    arrivals: list[float] = []
    connected = [
        await loop.create_connection(lambda: kind(request, mark, arrivals), "127.0.0.1", port)
        for _ in range(clients)
    ]
    starting = [asyncio.create_task(client.started.wait()) for _, client in connected]
    started, late = await asyncio.wait(starting, timeout=START_S)
    for task in late:
        task.cancel()
    await asyncio.sleep(1.0)
    arrivals.clear()
    tokens = -sum(client.tokens for _, client in connected)
    received = -sum(client.bytes for _, client in connected)
    before = {name: cpu_s(process) for name, process in processes.items()}
    await asyncio.sleep(seconds)
    spent = {name: cpu_s(process) - before[name] for name, process in processes.items()}
    tokens += sum(client.tokens for _, client in connected)
    received += sum(client.bytes for _, client in connected)
    timed = list(arrivals)
    for transport, _ in connected:
        transport.abort()
    await asyncio.gather(*(client.finished.wait() for _, client in connected))
    cpu = {name: spent_s / tokens * 1e6 if tokens else math.inf for name, spent_s in spent.items()}
    return Measured(len(started), tokens, len(timed), received, cpu, timed)


def added(arrivals: list[float], frames: list[float]) -> list[float]:
    """From each token's frame to its arrival, in ms. A busy machine may let the listener hear it a little after the
    client. Tokens that arrive together came in as many frames as they are.

    Wrong where the newest of them took more than a step less `LISTENER_LATE_S`: it counts from the next step's frame.
    """
    result: list[float] = []
    for arrival, together in groupby(arrivals):
        newest = bisect_right(frames, arrival + LISTENER_LATE_S) - 1
        frame_of = range(newest, max(-1, newest - len(list(together))), -1)
        result += [max(0.0, arrival - frames[at]) * 1000 for at in frame_of]
    return result


def chat_request(token: str, protocol: str, max_tokens: int) -> bytes:
    message = {
        "role": "user",
        "content": "Tell me a long story.",
        "parts": [{"type": "text", "text": "A long story."}],
    }
    body: dict[str, object] = {
        "messages": [message],
        "model": "simulated",
        "max_tokens": max_tokens,
        "stream": True,
    }
    path = "/v1/chat/completions"
    if protocol != "openai":
        path = f"/v1/chat?protocol={protocol}"
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def service_process(stack: Stack, service: str) -> psutil.Process:
    """The process below the supervisor that runs this service."""
    for child in psutil.Process(stack.process.pid).children(recursive=True):
        if child.cmdline()[-1:] == [f"services.{service}"]:
            return child
    raise RuntimeError(f"no process of {service}")


def row(clients: int, edge: Measured, bare: Measured) -> dict[str, float]:
    if min(edge.started, bare.started) < clients:
        raise RuntimeError(f"of {clients} clients {edge.started} and {bare.started} were answered")
    cuts = statistics.quantiles(edge.added_ms, n=100)
    return {
        "tokens": edge.tokens,
        "edge_us": edge.cpu_us["edge"],
        "worker_us": edge.cpu_us["inference"],
        "bare_us": bare.cpu_us["bare"],
        "ratio": edge.cpu_us["edge"] / bare.cpu_us["bare"],
        "added_p50_ms": cuts[49],
        "added_p99_ms": cuts[98],
    }


def report(results: dict[int, dict[str, float]], protocol: str) -> None:
    sys.stdout.write(f"{protocol} stream, {STEPS_PER_S} steps/s, CPU us a token; target: ratio 2.2 at most\n")
    sys.stdout.write("clients   tokens    edge  worker    bare   ratio  added p50  added p99\n")
    for clients, figures in results.items():
        sys.stdout.write(
            f"{clients:>7} {figures['tokens']:>8.0f} {figures['edge_us']:>7.1f} {figures['worker_us']:>7.1f} "
            f"{figures['bare_us']:>7.1f} {figures['ratio']:>7.2f} {figures['added_p50_ms']:>7.2f} ms "
            f"{figures['added_p99_ms']:>7.2f} ms\n"
        )
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    main()
