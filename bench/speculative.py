"""What speculative decoding is worth: the same questions with and without it, in one run.

    make bench-speculative MODEL=<folder or id> [DRAFT=<smaller model> | SPECULATION=ngram] [ARGS="--streams 1 8"]
    .venv-vllm/bin/python -m bench.speculative --model … --speculation draft:… [--streams 1 8 32] [--rounds 2]

The engine alone, by the worker's own adapter and settings (`services/inference/adapters/vllm`): no bus, no edge.
Questions are paragraphs of this repository's documents, to be said in other words: greedy, so that both must say the
same. Each way has a process of its own, one after the other; of several rounds the medians count. Prints a table.
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from services.inference.ports import Engine
from services.inference.settings import Settings
from shared.messages import ChatJob, ChatMessage, Sampling, Speculation
from shared.settings import load

DOCS = Path(__file__).resolve().parents[1] / "docs"
SHORTEST, LONGEST = 200, 900
"""Characters of a paragraph that is asked about."""
OURS = {"SLUICE_ENGINE": "vllm", "VLLM_NO_USAGE_STATS": "1", "VLLM_CONFIGURE_LOGGING": "0"}


class Measured(msgspec.Struct):
    """One number of streams at a time."""

    tokens: int
    seconds: float
    tpot_ms: float
    """Median over answers, of the time from the first to the last token, a token."""
    answers: list[tuple[int, ...]]
    speculation: Speculation | None

    @property
    def tokens_per_s(self) -> float:
        return self.tokens / self.seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--speculation", default="ngram", help="as SLUICE_ENGINE_SPECULATION has it")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--questions", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    off: list[list[Measured]] = []
    on: list[list[Measured]] = []
    for _ in range(arguments.rounds):
        off.append(measured(arguments, ""))
        on.append(measured(arguments, arguments.speculation))
    sys.stdout.write(f"{arguments.model}, {arguments.speculation}; engine and adapter, no bus\n")
    sys.stdout.write(
        "streams  off tok/s  on tok/s  ratio  TPOT off  on, ms  accepted  tokens a step  same answers\n"
    )
    for place, streams in enumerate(arguments.streams):
        sys.stdout.write(line(streams, [each[place] for each in off], [each[place] for each in on]))


def line(streams: int, off: list[Measured], on: list[Measured]) -> str:
    before, after = (statistics.median(each.tokens_per_s for each in ways) for ways in (off, on))
    slow, fast = (statistics.median(each.tpot_ms for each in ways) for ways in (off, on))
    told = on[-1].speculation
    rate, step = (told.acceptance_rate, told.tokens_per_step) if told else (0.0, 1.0)
    same = sum(one == other for one, other in zip(off[-1].answers, on[-1].answers, strict=True))
    return (
        f"{streams:>7}  {before:>9,.0f}  {after:>8,.0f}  {after / before:>4.2f}x  {slow:>8.2f}  {fast:>6.2f}"
        f"  {rate:>7.0%}   {step:>13.2f}  {same:>5} of {len(off[-1].answers)}\n"
    )


def measured(arguments: argparse.Namespace, speculation: str) -> list[Measured]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, arguments, speculation))
    process.start()
    theirs.close()
    try:
        return msgspec.msgpack.decode(ours.recv_bytes(), type=list[Measured])
    except EOFError:
        raise SystemExit("The engine did not start: see above.") from None
    finally:
        process.join(60)
        if process.is_alive():
            process.kill()


def run(pipe: Connection, arguments: argparse.Namespace, speculation: str) -> None:
    """A process of its own: vLLM reads the environment when it is imported."""
    for name, value in OURS.items():
        os.environ.setdefault(name, value)
    told = {**os.environ, "SLUICE_MODEL": arguments.model, "SLUICE_ENGINE_SPECULATION": speculation}
    found = asyncio.run(measure(load(Settings, told), arguments))
    pipe.send_bytes(msgspec.msgpack.encode(found))
    pipe.close()


async def measure(settings: Settings, arguments: argparse.Namespace) -> list[Measured]:
    from services.inference.adapters.engines import build_engine  # noqa: PLC0415 - after the environment is set

    engine = build_engine(settings, "bench")
    await engine.start()
    try:
        asked = questions(arguments.questions, engine.models[0].name, arguments.tokens)
        await answer(engine, asked[0])  # what is made at the first request
        return [await ask_all(engine, asked, streams) for streams in arguments.streams]
    finally:
        await engine.stop()


async def ask_all(engine: Engine, asked: list[ChatJob], streams: int) -> Measured:
    """So many at a time, until all are answered."""
    before, waiting = engine.stats().speculation, asyncio.Semaphore(streams)

    async def one(job: ChatJob) -> tuple[tuple[int, ...], float]:
        async with waiting:
            return await answer(engine, msgspec.structs.replace(job, request=f"{job.request}-{streams}"))

    started = time.perf_counter()
    answers = await asyncio.gather(*(one(job) for job in asked))
    seconds = time.perf_counter() - started
    ids, tpots_ms = zip(*answers, strict=True)
    speculation = since(before, engine.stats().speculation)
    return Measured(sum(map(len, ids)), seconds, statistics.median(tpots_ms), list(ids), speculation)


async def answer(engine: Engine, job: ChatJob) -> tuple[tuple[int, ...], float]:
    """Its ids, and the milliseconds that each of them took after the first."""
    ids: list[int] = []
    first, first_at = 0, 0.0
    async for output in engine.stream(job):
        ids += output.ids
        if output.ids and not first:
            first, first_at = len(ids), time.perf_counter()
    return tuple(ids), (time.perf_counter() - first_at) * 1000 / max(1, len(ids) - first)


def since(before: Speculation | None, now: Speculation | None) -> Speculation | None:
    if now is None or before is None:
        return now
    return Speculation(
        now.drafts - before.drafts,
        now.drafted_tokens - before.drafted_tokens,
        now.accepted_tokens - before.accepted_tokens,
    )


def questions(count: int, model: str, tokens: int) -> list[ChatJob]:
    texts = [
        text for path in sorted(DOCS.glob("*.md")) for text in path.read_text(encoding="utf-8").split("\n\n")
    ]
    texts = [text for text in texts if SHORTEST < len(text) < LONGEST][:count]
    return [
        ChatJob(
            request=f"question{number}",
            user="bench",
            model=model,
            messages=(ChatMessage(role="user", content=f"{text}\n\nSay this in other words."),),
            inbox="bench",
            stream=1,
            created_at=0.0,
            deadline=0.0,
            sampling=Sampling(temperature=0.0, max_tokens=tokens),
        )
        for number, text in enumerate(texts)
    ]


if __name__ == "__main__":
    main()
