"""Thousands of streams open at once on one edge, each with a token now and then: is one dropped, and what do they cost?

    python -m bench.idle_streams [--streams 10000] [--minutes 30] [--step-ms 2000] [--open-per-s 100]

Real nats-server and PostgreSQL, one edge, one worker on the simulated engine. Target for 10,000 streams and 30 minutes:
none dropped, 1 GiB of edge memory at most. Prints a line a minute, a table and JSON.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import psutil
import uvloop

from bench.cpu import cpu_s
from tests.chaos.cluster import Cluster, Shape, running_cluster
from tests.chaos.crowd import signed_in
from tests.chaos.http import request
from tests.chaos.reading import Client, Reading, question_body

MIB = 1024 * 1024
STREAMS_AN_ADDRESS = 10_000
"""A loopback address has 28,000 ports for connections to one server, some of which linger from before."""
SPARE_FILES = 1_000
OPENING_AT_A_TIME = 256
ANSWERED_WITHIN_S = 20.0
"""A question without a token for so long counts as refused."""
TRIES = 10
AGAIN_S = 2.0
"""Who is refused asks again: the streams are to be open, and how fast they can be opened is another question."""
SILENT_AFTER_STEPS = 5
TOKEN = b'"text-delta"'


@dataclass
class Figures:
    """Memory in MiB, CPU in percent of a core, while all streams were open."""

    streams: int
    seconds: float
    refused: int = 0
    """Questions that had to be asked again."""
    dropped: int = 0
    silent: int = 0
    """Without a token for five steps, at the end."""
    tokens: int = 0
    tokens_due: int = 0
    edge_mib_before: float = 0.0
    edge_mib_most: float = 0.0
    edge_cpu: float = 0.0
    worker_cpu: float = 0.0


class Listener(asyncio.Protocol):
    """One stream. It counts tokens and parses nothing: there are thousands of it."""

    def __init__(self, question: bytes) -> None:
        self._question = question
        self.begun: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Whether it has had a token; False: it was refused, or broke off before."""
        self.tokens = 0
        self.heard_at = 0.0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._question)

    def data_received(self, data: bytes) -> None:
        self.tokens += data.count(TOKEN)
        self.heard_at = time.monotonic()
        if self.tokens and not self.begun.done():
            self.begun.set_result(True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.begun.done():
            self.begun.set_result(False)


class Listeners:
    def __init__(self, client: Client, tokens: int) -> None:
        self._client = client
        self._tokens = tokens
        self._opening = asyncio.Semaphore(OPENING_AT_A_TIME)
        self._transports: list[asyncio.BaseTransport] = []
        self.all: list[Listener] = []
        self.refused = 0

    async def open(self, count: int, per_s: float) -> None:
        """At this rate, since each is a question that is stored first. Returns when all have had a token."""
        tasks: list[asyncio.Task[None]] = []
        began = time.monotonic()
        for number in range(count):
            tasks.append(asyncio.create_task(self._open(number)))
            await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
        await asyncio.gather(*tasks)

    async def _open(self, number: int) -> None:
        body = question_body(Reading(f"Question {number}", self._tokens))
        question = request("POST", "/v1/chat", token=self._client.token, body=body)
        source = (f"127.0.0.{1 + number // STREAMS_AN_ADDRESS}", 0)
        async with self._opening:
            for _ in range(TRIES):
                if await self._ask(question, source):
                    return
                self.refused += 1
                await asyncio.sleep(AGAIN_S)
        raise RuntimeError(f"question {number} was refused {TRIES} times")

    async def _ask(self, question: bytes, source: tuple[str, int]) -> bool:
        transport, listener = await asyncio.get_running_loop().create_connection(
            lambda: Listener(question), "127.0.0.1", self._client.ports[0], local_addr=source
        )
        await asyncio.wait([listener.begun], timeout=ANSWERED_WITHIN_S)
        if not listener.begun.done() or not listener.begun.result():
            transport.abort()
            return False
        self._transports.append(transport)
        self.all.append(listener)
        return True

    def close(self) -> None:
        for transport in self._transports:
            cast("asyncio.Transport", transport).abort()


def shape(streams: int, seconds: float, step_ms: float, open_per_s: float) -> tuple[Shape, int]:
    """And how many tokens an answer needs, so that none ends before the measurement does."""
    lasts_s = 1.5 * streams / open_per_s + seconds + 120
    tokens = int(lasts_s * 1000 / step_ms) + 1
    environ = {
        "SLUICE_CHAT_MAX_STREAMS": str(streams + 100),
        "SLUICE_CHAT_DEADLINE_S": str(lasts_s + 600),
        "SLUICE_SIM_SLOTS": str(streams),
        "SLUICE_SIM_STEP_MS": str(step_ms),
        "SLUICE_SIM_CONTEXT_TOKENS": str(tokens + 1_000),
    }
    return Shape(edges=1, workers=1, environ=environ), tokens


async def measure(
    folder: Path,
    streams: int,
    seconds: float,
    *,
    step_ms: float,
    open_per_s: float,
    say: Callable[[str], object] = lambda text: None,
) -> Figures:
    """Raises `RuntimeError` when this process may not open so many files."""
    allow_files(streams + SPARE_FILES)
    made_of, tokens = shape(streams, seconds, step_ms, open_per_s)
    async with running_cluster(folder, made_of) as cluster:
        listeners = Listeners(await signed_in(cluster), tokens)
        figures = Figures(streams, seconds)
        figures.edge_mib_before = rss_mib(cluster)
        try:
            await listeners.open(streams, open_per_s)
            say(f"{len(listeners.all)} streams are open; edge {rss_mib(cluster):.0f} MiB")
            await asyncio.sleep(2 * step_ms / 1000)
            await watch(cluster, listeners, figures, step_ms, say)
        finally:
            listeners.close()
    return figures


async def watch(
    cluster: Cluster, listeners: Listeners, figures: Figures, step_ms: float, say: Callable[[str], object]
) -> None:
    edge, worker = (psutil.Process(cluster[name].pid) for name in ("edge-1", "inference-1"))
    spent_before, tokens_before = (cpu_s(edge), cpu_s(worker)), sum(one.tokens for one in listeners.all)
    began, next_word = time.monotonic(), 60.0
    while (now := time.monotonic() - began) < figures.seconds:
        figures.edge_mib_most = max(figures.edge_mib_most, rss_mib(cluster))
        if now > next_word:
            lost = sum(one.lost for one in listeners.all)
            say(f"{now / 60:.0f} min: {lost} dropped, edge {rss_mib(cluster):.0f} MiB")
            next_word += 60
        await asyncio.sleep(1)
    lasted = time.monotonic() - began
    quiet_before = time.monotonic() - SILENT_AFTER_STEPS * step_ms / 1000
    figures.refused = listeners.refused
    figures.dropped = sum(one.lost for one in listeners.all)
    figures.silent = sum(one.heard_at < quiet_before and not one.lost for one in listeners.all)
    figures.tokens = sum(one.tokens for one in listeners.all) - tokens_before
    figures.tokens_due = int(lasted * 1000 / step_ms) * figures.streams
    figures.edge_cpu = 100 * (cpu_s(edge) - spent_before[0]) / lasted
    figures.worker_cpu = 100 * (cpu_s(worker) - spent_before[1]) / lasted


def allow_files(count: int) -> None:
    """For this process and, by inheritance, for the edge."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count:
        raise RuntimeError(f"{count} open files are needed, {hard} are allowed: raise `ulimit -Hn`")
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def rss_mib(cluster: Cluster) -> float:
    return psutil.Process(cluster["edge-1"].pid).memory_info().rss / MIB


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--step-ms", type=float, default=2_000.0)
    parser.add_argument("--open-per-s", type=float, default=100.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        figures = uvloop.run(
            measure(
                Path(folder) / "cluster",
                arguments.streams,
                60 * arguments.minutes,
                step_ms=arguments.step_ms,
                open_per_s=arguments.open_per_s,
                say=lambda text: print(text, flush=True),
            )
        )
    for name, value in asdict(figures).items():
        sys.stdout.write(f"{name:16} {value:>12,.1f}\n")
    sys.stdout.write(json.dumps(asdict(figures)) + "\n")


if __name__ == "__main__":
    main()
