"""Sluice beside vLLM's own OpenAI server on one GPU: the same model, engine arguments and clients, one after another.

    python -m bench.gpu --model DIR [--servers vllm-1 vllm-4 sluice-1 sluice-4x4] [--streams 1 8 32 128 256 512]

`vllm-n` is `vllm serve --api-server-count n`; `sluice-n` an edge and a worker with n front ends on one engine, and
`sluice-nxm` the same with m edges, over which the clients spread (with NATS and PostgreSQL). A server may have streams
of its own: `sluice-1:128,256`. Each starts alone, is warmed up and then measured at each number of streams. No model is
downloaded: name a folder. CPU is that of each kind of process, in microseconds a token; of the clients, the share of a
core that the busiest takes.

Goal: 1.00 times or better of the four-server figure at every level, 1.2 times the default server's at 256 and 512; 5 ms
or less of added TTFT p50 at 1 stream and 15 ms at 32; a better p99 of TPOT from 128 on.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from bench.gpu import report
from bench.gpu.load import Figures, Level, Target, measure
from bench.gpu.servers import Machine, sluice, vllm_server

ROUNDS = {1: 16, 8: 6, 32: 5}
"""Answers a stream; from 32 streams on as at 32."""
SAMPLE = 16
"""Prompts: words differ in length."""
ENGINE_ARGS = (
    '{"dtype": "half", "max_model_len": 8192, "max_num_seqs": 1024, "max_num_batched_tokens": 16384, '
    '"gpu_memory_utilization": 0.9}'
)


def main() -> None:
    arguments = parse(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as temporary:
        folder = Path(arguments.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        machine = Machine(
            model=Path(arguments.model), engine_args=json.loads(arguments.engine_args), folder=folder
        )
        found = asyncio.run(run(arguments, machine))
    sys.stdout.write(report.text(found))


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="a folder with a checkpoint")
    parser.add_argument("--servers", nargs="+", default=["vllm-1", "vllm-4", "sluice-1", "sluice-4x4"])
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8, 32, 128, 256, 512])
    parser.add_argument("--input-tokens", type=int, default=128)
    parser.add_argument("--output-tokens", type=int, default=256)
    parser.add_argument("--clients", type=int, default=4, help="client processes")
    parser.add_argument("--rounds", type=int, default=0, help="answers a stream at every level")
    parser.add_argument("--engine-args", default=ENGINE_ARGS, help="vLLM's, as JSON; for both")
    parser.add_argument("--folder", default="", help="where logs stay")
    parser.add_argument("--out", default="", help="a file for all figures, as JSON; after each level")
    parser.add_argument("--words", type=int, default=0, help="in a prompt; found out where none are given")
    parser.add_argument("--until", type=float, default=0.0, help="seconds after which no level begins")
    return parser.parse_args(words)


async def run(arguments: argparse.Namespace, machine: Machine) -> list[Figures]:
    """A server that fails is said and left out: the others are measured all the same."""
    found: list[Figures] = []
    if (task := asyncio.current_task()) is not None:  # so that no server outlives us
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    ends_at = time.monotonic() + (arguments.until or 1e9)
    for named in arguments.servers:
        name, _, own = named.partition(":")
        streams = [int(count) for count in own.split(",")] if own else arguments.streams
        started = time.monotonic()
        if started > ends_at:
            say(f"{name}: out of time")
            break
        say(f"{name}: starting")
        try:
            async with server(name, machine) as target:
                say(f"{name}: ready after {time.monotonic() - started:.0f} s")
                await levels(arguments, target, streams, ends_at, found)
        except Exception as error:  # noqa: BLE001
            say(f"{name}: {error!r}")
    return found


def server(name: str, machine: Machine) -> AbstractAsyncContextManager[Target]:
    kind, _, count = name.partition("-")
    if kind == "vllm":
        return vllm_server(machine, int(count))
    front_ends, _, edges = count.partition("x")
    return sluice(machine, int(front_ends), int(edges or 1))


async def levels(
    arguments: argparse.Namespace, target: Target, counts: list[int], ends_at: float, found: list[Figures]
) -> None:
    arguments.words = arguments.words or await calibrate(arguments, target)
    words = arguments.words  # the same for all servers: the model is the same
    await measure(target, level(arguments, min(32, max(counts)), words, rounds=1))
    for streams in counts:
        if time.monotonic() > ends_at:
            say("out of time")
            break
        figures = await measure(target, level(arguments, streams, words))
        found.append(figures)
        say(report.line(figures))
        if arguments.out:
            keep(Path(arguments.out), found)


async def calibrate(arguments: argparse.Namespace, target: Target) -> int:
    """How many of our words make a prompt of so many tokens, the template's included."""
    words, few = arguments.input_tokens, max(1, arguments.input_tokens // 4)
    tokens = [
        (await measure(target, level(arguments, SAMPLE, count, rounds=1))).prompt_tokens
        for count in (few, words)
    ]
    per_word = (tokens[1] - tokens[0]) / (words - few)
    return max(1, round(words + (arguments.input_tokens - tokens[1]) / max(per_word, 0.1)))


def level(arguments: argparse.Namespace, streams: int, words: int, rounds: int = 0) -> Level:
    several = rounds or arguments.rounds or ROUNDS.get(streams, ROUNDS[32])
    return Level(
        streams=streams,
        requests=streams * several,
        words=words,
        max_tokens=arguments.output_tokens,
        clients=arguments.clients,
    )


def keep(out: Path, found: list[Figures]) -> None:
    out.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
