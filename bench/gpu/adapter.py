"""What our adapter takes of the front end's processor time, beside `AsyncLLM` alone: without a bus, without HTTP.

    .venv-vllm/bin/python -m bench.gpu.adapter --model DIR [--streams 128 512] [--tokens 256] [--rounds 3] [--profile]

The engine's core is a process of its own, so this one's processor time is the front end's. `AsyncLLM` as it comes is
read as vLLM's documentation has it, one task a request; ours as a worker reads it. Each has an engine to itself, in
turn. `bare` is the same engine as ours, read as vLLM's documentation has it: what is left of the difference is ours.

Target: at most 2 us a token more than `AsyncLLM` as it comes.
"""

import argparse
import asyncio
import cProfile
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import CodeType
from typing import Any

import uvloop
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.v1.engine.async_llm import AsyncLLM

from bench.gpu.client import words_of
from services.inference.adapters.vllm import VllmEngine, VllmOptions
from services.inference.adapters.vllm.options import engine_args
from services.inference.adapters.vllm.prompts import PromptMaker
from services.inference.ports import Output
from shared.messages import ChatJob, ChatMessage, Sampling, ServedModel
from shared.runtime import tune_gc

PROFILED = 30


class Tally:
    def __init__(self) -> None:
        self.tokens = 0

    def take(self, output: Output) -> None:
        self.tokens += len(output.ids)


One = Callable[[Tally], Awaitable[None]]
"""One answer, from its question to its end."""


class Questions:
    """Never the same one twice: what was asked before is cached."""

    def __init__(self, tokens: int, prompt_words: int) -> None:
        self._tokens = tokens
        self._words = words_of()
        self._prompt_words = prompt_words
        self._asked = 0

    def next(self) -> ChatJob:
        self._asked += 1
        content = " ".join(random.choices(self._words, k=self._prompt_words))
        return ChatJob(
            request=f"bench{self._asked}",
            user="bench",
            model="bench",
            messages=(ChatMessage(role="user", content=content),),
            inbox="bench",
            stream=1,
            created_at=0.0,
            deadline=0.0,
            sampling=Sampling(temperature=0.0, max_tokens=self._tokens),
        )


def ours(engine: VllmEngine, questions: Questions) -> One:
    async def one(tally: Tally) -> None:
        stream = engine.stream(questions.next())
        tally.take(await stream.__anext__())
        await stream.pour(tally.take)

    return one


def alone(llm: Any, prompts: Any, questions: Questions) -> One:
    """`llm`: an `AsyncLLM`; `prompts` makes its prompts as ours are made."""

    async def one(tally: Tally) -> None:
        job = questions.next()
        prompt = await prompts.make(job, ())
        async for output in llm.generate(prompt.input, prompt.params, job.request):
            tally.tokens += len(output.outputs[0].token_ids)

    return one


async def measure(one: One, streams: int) -> tuple[float, float]:
    """Tokens a second, and microseconds of this process a token."""
    tally = Tally()
    began, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one(tally) for _ in range(streams)))
    return tally.tokens / (time.perf_counter() - began), 1e6 * (time.process_time() - spent) / tally.tokens


async def run(arguments: argparse.Namespace) -> None:
    options = VllmOptions(model=arguments.model, engine_args=arguments.engine_args, hang_s=0.0)
    questions = Questions(arguments.tokens, arguments.words)
    tune_gc()
    llm: Any = await asyncio.to_thread(AsyncLLM.from_engine_args, as_it_comes(options))
    await compare(
        {"as it comes": alone(llm, PromptMaker(llm.model_config, llm.renderer), questions)}, arguments
    )
    llm.output_handler.cancel()
    await asyncio.to_thread(llm.shutdown)
    engine = VllmEngine(options, worker="bench", models=(ServedModel("bench", 0),))
    await engine.start()
    inside: Any = engine
    bare = alone(inside._llm, inside._prompts, questions)  # noqa: SLF001
    await compare({"bare": bare, "ours": ours(engine, questions)}, arguments)
    await engine.stop()


def as_it_comes(options: VllmOptions) -> AsyncEngineArgs:
    """With the statistics that vLLM's server keeps."""
    args = engine_args(options)
    args.disable_log_stats = False
    return args


async def compare(ways: dict[str, One], arguments: argparse.Namespace) -> None:
    for one in ways.values():
        await measure(one, min(arguments.streams))
    for streams in arguments.streams:
        found = [
            {way: await measure(one, streams) for way, one in ways.items()} for _ in range(arguments.rounds)
        ]
        for way in ways:
            rate, spent = (statistics.median(each[way][place] for each in found) for place in (0, 1))
            sys.stdout.write(
                f"{streams:>6} streams  {way:<12} {rate:>9,.0f} tokens/s  {spent:6.1f} us a token\n"
            )
        sys.stdout.flush()
    if arguments.profile:
        for way, one in ways.items():
            await profile(way, one, max(arguments.streams))


async def profile(way: str, one: One, streams: int) -> None:
    """By function, its own time: cProfile itself adds to each call, so only the order means something."""
    profiler, tally = cProfile.Profile(), Tally()
    profiler.enable()
    await asyncio.gather(*(one(tally) for _ in range(streams)))
    profiler.disable()
    rows = sorted(profiler.getstats(), key=lambda row: -row.inlinetime)[:PROFILED]
    sys.stdout.write(f"\n{way}, {streams} streams: us of its own a token, calls a token, function\n")
    for row in rows:
        own, calls = 1e6 * row.inlinetime / tally.tokens, row.callcount / tally.tokens
        sys.stdout.write(f"  {own:6.2f} {calls:6.2f}  {_place(row.code)}\n")


def _place(code: CodeType | str) -> str:
    if isinstance(code, str):
        return code
    file = Path(code.co_filename)
    return f"{code.co_name} {file.parent.name}/{file.name}:{code.co_firstlineno}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--streams", type=int, nargs="+", default=[128, 512])
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--engine-args", default=json.dumps({"max_num_seqs": 512}))
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
