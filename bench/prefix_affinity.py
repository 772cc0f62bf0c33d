"""What it is worth that a conversation returns to the worker that holds its beginning.

    python -m bench.prefix_affinity [--slots 64] [--turns 6] [--load 0.5] [--rounds 3]

Chats of several turns, each turn some seconds after the last, by three ways in turn:

- `one`: one large worker, with four workers' slots and cache;
- `random`: four workers, each pulling as it is free (`SLUICE_PREFIX_AFFINITY=false`);
- `affine`: the same four, as they are by default.

The engine is simulated: its cache has vLLM's blocks and bound, reading a prompt takes its time. Then `dispatch`: what a
job without any work takes from its publisher to its first token, one at a time, with and without affinity.

Target: affine's hit rate within 5 % of one's. Prints a table.
"""

import argparse
import asyncio
import itertools
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import msgspec
import uvloop

from bench.servers import nats_server
from services.inference.adapters.simulated.script import WORDS
from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.messages import ChatJob, ChatMessage, Sampling, Started, Text, WorkerStatus, end_of, parts_of
from shared.streams import Receiver

WORKERS = 4
CHATS_A_SLOT = 1.5
CACHE_TOKENS_A_SLOT = 4_096
STEP_MS = 20.0
PREFILL_TOKENS_PER_S = 4_000.0
FIRST_TOKENS, NEXT_TOKENS, ANSWER_TOKENS = 1_000, 100, 60
MODEL = "simulated"
DISPATCHES, DISPATCH_SLOTS = 400, 64
READY_S = 30.0


class Turn(msgspec.Struct, frozen=True):
    ttft_s: float
    prompt_tokens: int
    cached_tokens: int
    is_first: bool
    worker: str


class Way(msgspec.Struct, frozen=True):
    name: str
    workers: int
    affinity: bool


WAYS = (Way("one", 1, True), Way("random", WORKERS, False), Way("affine", WORKERS, True))


class Load(msgspec.Struct, frozen=True):
    slots: int
    """Of each of the four."""
    turns: int
    pause_s: float
    """Between an answer and the next question, on average."""

    @property
    def chats(self) -> int:
        return int(CHATS_A_SLOT * WORKERS * self.slots)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slots", type=int, default=64, help="of each of the four workers")
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--load", type=float, default=0.5, help="share of all slots in use, below 1.5")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    busy_s = ANSWER_TOKENS * STEP_MS / 1000 + NEXT_TOKENS / PREFILL_TOKENS_PER_S
    load = Load(arguments.slots, arguments.turns, busy_s * (CHATS_A_SLOT / arguments.load - 1))
    sys.stdout.write(
        "way       hit rate  later turns  TTFT p50 ms  p99 ms  later p50  same worker  answers of each\n"
    )
    rates: dict[str, list[float]] = {way.name: [] for way in WAYS}
    for number, way in itertools.product(range(arguments.rounds), WAYS):
        turns = uvloop.run(measured(way, load, seed=number))
        rates[way.name].append(hit_rate(turns))
        sys.stdout.write(row(way.name, turns))
        sys.stdout.flush()
    one, affine = (statistics.median(rates[name]) for name in ("one", "affine"))
    sys.stdout.write(f"affine / one: {affine / one:.3f} (target 0.95)\n")
    for affinity in (False, True, False, True):
        p50, p99 = uvloop.run(dispatched(affinity))
        sys.stdout.write(f"dispatch, affinity {affinity!s:<5}: p50 {p50:.2f} ms, p99 {p99:.2f} ms\n")
        sys.stdout.flush()


def hit_rate(turns: list[Turn]) -> float:
    return sum(turn.cached_tokens for turn in turns) / sum(turn.prompt_tokens for turn in turns)


def row(name: str, turns: list[Turn]) -> str:
    later = [turn for turn in turns if not turn.is_first]
    all_ms = sorted(turn.ttft_s * 1e3 for turn in turns)
    later_ms = statistics.median(turn.ttft_s * 1e3 for turn in later)
    p50, p99 = all_ms[len(all_ms) // 2], all_ms[int(len(all_ms) * 0.99)]
    served = [sum(turn.worker == worker for turn in turns) for worker in sorted({t.worker for t in turns})]
    hit = sum(turn.cached_tokens > FIRST_TOKENS / 2 for turn in later) / len(later)
    return (
        f"{name:<8} {hit_rate(turns):>8.1%}  {hit_rate(later):>11.1%}  {p50:>11.0f}  {p99:>6.0f}"
        f"  {later_ms:>9.0f}  {hit:>11.1%}  {served}\n"
    )


@contextmanager
def workers(url: str, way: Way, slots: int, **more: str) -> Generator[None]:
    slots *= WORKERS // way.workers
    told = {
        "SLUICE_NATS_URL": url,
        "SLUICE_ENGINE": "simulated",
        "SLUICE_LOG_LEVEL": "ERROR",
        "SLUICE_PREFIX_AFFINITY": str(way.affinity).lower(),
        "SLUICE_SIM_SLOTS": str(slots),
        "SLUICE_SIM_CACHE_TOKENS": str(slots * CACHE_TOKENS_A_SLOT),
        "SLUICE_SIM_STEP_MS": str(STEP_MS),
        "SLUICE_SIM_PREFILL_TOKENS_PER_S": str(PREFILL_TOKENS_PER_S),
        **more,
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "services.inference"],
            env={**os.environ, **told, "SLUICE_INSTANCE": str(number)},
        )
        for number in range(way.workers)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


@asynccontextmanager
async def asking(url: str, count: int) -> AsyncGenerator["Asker"]:
    """Once so many workers have been heard, and had the time to hear one another."""
    bus = await NatsBus.connect(url, "bench")
    await ensure_bus(bus.client)
    heard: set[str] = set()

    async def status(_subject: str, data: bytes) -> None:
        said = msgspec.msgpack.decode(data, type=WorkerStatus)
        if said.ready:
            heard.add(said.worker)

    await bus.listen(subjects.STATUS, status)
    receiver = Receiver(inbox="bench", publisher="bench")
    await receiver.start(bus)
    running = asyncio.create_task(receiver.run())
    try:
        async with asyncio.timeout(READY_S):
            while len(heard) < count:
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.2)
        yield Asker(bus, receiver)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await receiver.close()
        await bus.close()


class Asker:
    def __init__(self, bus: NatsBus, receiver: Receiver) -> None:
        self._bus = bus
        self._receiver = receiver
        self._numbers = itertools.count()

    async def ask(self, messages: list[ChatMessage], tokens: int) -> tuple[Turn, str]:
        """As a client without conversation ids does: the workers know it by its beginning."""
        request = f"r{next(self._numbers)}"
        incoming = self._receiver.open(request)
        now = time.time()
        job = ChatJob(
            request=request,
            user="bench",
            model=MODEL,
            messages=tuple(messages),
            inbox=self._receiver.inbox,
            stream=incoming.number,
            created_at=now,
            deadline=now + 120,
            sampling=Sampling(max_tokens=tokens),
        )
        self._receiver.remember(job)
        began = time.perf_counter()
        await self._bus.append(subjects.job(MODEL, "interactive", "bench"), job, id=f"{request}:1")
        pieces = list(await incoming.next())
        ttft_s = time.perf_counter() - began
        while (end := end_of(pieces)) is None:
            pieces.extend(await incoming.next())
        parts = list(parts_of(pieces))
        worker = next(part.worker for part in parts if isinstance(part, Started))
        text = "".join(part.text for part in parts if isinstance(part, Text))
        usage = end.usage
        turn = Turn(ttft_s, usage.prompt_tokens, usage.cached_tokens, len(messages) == 2, worker)
        return turn, text


async def measured(way: Way, load: Load, seed: int) -> list[Turn]:
    with nats_server() as url, workers(url, way, load.slots):
        async with asking(url, way.workers) as asker:
            chats = [chat(asker, load, random.Random(f"{seed} {n}")) for n in range(load.chats)]
            return [turn for turns in await asyncio.gather(*chats) for turn in turns]


async def chat(asker: Asker, load: Load, chance: random.Random) -> list[Turn]:
    turns: list[Turn] = []
    messages = [ChatMessage(role="system", content="You are brief.")]
    await asyncio.sleep(chance.uniform(0, 2 * load.pause_s))
    for number in range(load.turns):
        count = FIRST_TOKENS if number == 0 else NEXT_TOKENS
        messages.append(ChatMessage(role="user", content=" ".join(chance.choices(WORDS, k=count))))
        turn, answer = await asker.ask(messages, ANSWER_TOKENS)
        turns.append(turn)
        messages.append(ChatMessage(role="assistant", content=answer))
        await asyncio.sleep(chance.expovariate(1 / load.pause_s))
    return turns


async def dispatched(affinity: bool) -> tuple[float, float]:
    """p50 and p99, ms."""
    way = Way("dispatch", WORKERS, affinity)
    no_work = {"SLUICE_SIM_STEP_MS": "0", "SLUICE_SIM_PREFILL_TOKENS_PER_S": "0"}
    with nats_server() as url, workers(url, way, DISPATCH_SLOTS, **no_work):
        async with asking(url, way.workers) as asker:
            took_ms: list[float] = []
            for number in range(DISPATCHES):
                turn, _ = await asker.ask([ChatMessage(role="user", content=f"question {number}")], 1)
                took_ms.append(turn.ttft_s * 1e3)
                await asyncio.sleep(0.01)
    took_ms.sort()
    return took_ms[len(took_ms) // 2], took_ms[int(len(took_ms) * 0.99)]


if __name__ == "__main__":
    main()
