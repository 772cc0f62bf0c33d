"""One level: so many streams, spread over client processes, and what they and the servers' processors say of it."""

import asyncio
import statistics
import sys
import time
from collections.abc import Iterable

import msgspec
import psutil

from bench.gpu.client import Answer, Order, Seen

START_S = 1.5
"""What client processes take to import, write their prompts and connect."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A server under load. `roots`: the processes below which all of its own run."""

    name: str
    ports: tuple[int, ...]
    model: str
    token: str
    roots: tuple[int, ...]


class Level(msgspec.Struct, frozen=True, kw_only=True):
    streams: int
    requests: int
    words: int
    max_tokens: int
    clients: int


class Figures(msgspec.Struct, kw_only=True):
    """Of one target at one level. Times in milliseconds, processor time in microseconds a token."""

    target: str
    streams: int
    tokens_per_s: float
    ttft_p50: float
    ttft_p99: float
    tpot_p50: float
    tpot_p99: float
    prompt_tokens: float
    tokens: int
    failed: int
    error: str
    cpu_us: dict[str, float]
    """By kind of process; `core` is vLLM's engine core."""
    client_cores: float
    """Of one core, the busiest client process."""


async def measure(target: Target, level: Level) -> Figures:
    before = cpu_s(target.roots)
    seen = await asyncio.gather(*(_client(order) for order in orders(target, level)))
    after = cpu_s(target.roots)
    return figures(target, level, seen, {kind: after[kind] - before.get(kind, 0.0) for kind in after})


def orders(target: Target, level: Level) -> Iterable[Order]:
    clients = min(level.clients, level.streams)
    start_at = time.time() + START_S
    for number in range(clients):
        yield Order(
            port=target.ports[number % len(target.ports)],
            model=target.model,
            token=target.token,
            streams=_share(level.streams, clients, number),
            requests=_share(level.requests, clients, number),
            words=level.words,
            max_tokens=level.max_tokens,
            seed=time.time_ns() + number,
            start_at=start_at,
        )


def figures(target: Target, level: Level, seen: list[Seen], cpu: dict[str, float]) -> Figures:
    answers = [answer for each in seen for answer in each.answers]
    good = [answer for answer in answers if not answer.error]
    bad = [answer for answer in answers if answer.error]
    tokens = sum(answer.tokens for answer in good)
    seconds = max((answer.last for answer in good), default=1.0)
    ttft = [1000 * (answer.first - answer.began) for answer in good]
    tpot = [1000 * _per_token(answer) for answer in good if answer.tokens > 1]
    return Figures(
        target=target.name,
        streams=level.streams,
        tokens_per_s=tokens / seconds,
        ttft_p50=percentile(ttft, 50),
        ttft_p99=percentile(ttft, 99),
        tpot_p50=percentile(tpot, 50),
        tpot_p99=percentile(tpot, 99),
        prompt_tokens=statistics.fmean([answer.prompt_tokens for answer in good] or [0.0]),
        tokens=tokens,
        failed=len(bad) + level.requests - len(answers),
        error=bad[0].error if bad else "",
        cpu_us={kind: 1e6 * spent / max(tokens, 1) for kind, spent in cpu.items()},
        client_cores=max(each.cpu_s / max(each.seconds, 1e-9) for each in seen),
    )


def percentile(values: list[float], percent: int) -> float:
    """Nearest rank."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def cpu_s(roots: Iterable[int]) -> dict[str, float]:
    """Processor time of a server's processes so far, by kind."""
    spent: dict[str, float] = {}
    tops = [psutil.Process(root) for root in roots]
    below = [process for top in tops for process in top.children(recursive=True)]
    for process in (*tops, *below):
        try:
            kind, times = kind_of(process.cmdline()), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent[kind] = spent.get(kind, 0.0) + times.user + times.system
    return spent


KINDS = {
    "enginecore": "core",
    "spawn_main": "core",
    "apiserver": "api",
    "entrypoints.cli.main": "api",
    "services.inference": "worker",
    "services.edge": "edge",
    "nats-server": "nats",
    "postgres": "postgres",
}


def kind_of(command: list[str]) -> str:
    line = " ".join(command).lower()
    return next((kind for part, kind in KINDS.items() if part in line), "other")


def _per_token(answer: Answer) -> float:
    return (answer.last - answer.first) / (answer.tokens - 1)


def _share(whole: int, parts: int, number: int) -> int:
    return whole // parts + (number < whole % parts)


async def _client(order: Order) -> Seen:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.gpu.client",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(msgspec.json.encode(order))
    if process.returncode != 0:
        raise RuntimeError("a client died")
    return msgspec.json.decode(out, type=Seen)
