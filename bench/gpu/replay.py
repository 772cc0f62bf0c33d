"""Answers whose state is more than their ids, broken off and said again: does a GPU's engine come to the same end?

    .venv-vllm/bin/python -m bench.gpu.replay --model DIR [--tokens 96] [--questions 4]

The worker's own adapter and settings (`SLUICE_ENGINE_…`), without a bus. vLLM 0.26 takes logits processors with its
first model runner only: `VLLM_USE_V2_MODEL_RUNNER=0`; a newer one with its second: `SLUICE_ENGINE_REPLAY=1`.
"""

import argparse
import asyncio
import os
import sys

import msgspec

from bench.speculative import questions
from services.inference.ports import Engine
from services.inference.settings import Settings
from shared.messages import ChatJob, JsonFormat, Sampling, Text
from shared.settings import load

SCHEMA = (
    '{"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}, "maxItems": 40}},'
    ' "required": ["a"]}'
)
WAYS = {
    "greedy, ids alone": Sampling(temperature=0.0),
    "a stop string": Sampling(temperature=0.0, stop=("\x00never",)),
    "penalties": Sampling(temperature=0.0, frequency_penalty=0.5, presence_penalty=0.5),
    "penalties and a seed": Sampling(temperature=0.8, seed=7, frequency_penalty=0.5),
    "a JSON schema": Sampling(temperature=0.0, json_format=JsonFormat(schema=SCHEMA)),
}
Answer = tuple[tuple[int, ...], str]
CUTS = (0.0, 0.2, 0.5, 0.9)
"""Where in an answer it is broken off; at its beginning: it is simply asked again."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--questions", type=int, default=4)
    arguments = parser.parse_args()
    told = {"SLUICE_ENGINE": "vllm", **os.environ, "SLUICE_MODEL": arguments.model}
    asyncio.run(run(load(Settings, told), arguments))


async def run(settings: Settings, arguments: argparse.Namespace) -> None:
    from services.inference.adapters.engines import build_engine  # noqa: PLC0415 - after the settings were read

    engine = build_engine(settings, "bench")
    await engine.start()
    try:
        sys.stdout.write(f"resumes by: {engine.resume}\n")
        asked = questions(arguments.questions, engine.models[0].name, arguments.tokens)
        for way, chosen in WAYS.items():
            sampling = msgspec.structs.replace(chosen, max_tokens=arguments.tokens)
            jobs = [
                msgspec.structs.replace(job, sampling=sampling, request=f"{job.request} {way}")
                for job in asked
            ]
            sys.stdout.write(f"{way}: {await same(engine, jobs)}\n")
            sys.stdout.flush()
    finally:
        await engine.stop()


async def same(engine: Engine, jobs: list[ChatJob]) -> str:
    """Beside one another, so that places in vLLM's batch change meanwhile."""
    wholes = await asyncio.gather(*(answer(engine, job) for job in jobs))
    cases = [(job, whole, cut) for job, whole in zip(jobs, wholes, strict=True) for cut in CUTS]
    ends = await asyncio.gather(*(resumed(engine, *case) for case in cases), return_exceptions=True)
    good = [end == whole for (_, whole, _), end in zip(cases, ends, strict=True)]
    ids = sum(
        isinstance(end, tuple) and end[0] == whole[0] for (_, whole, _), end in zip(cases, ends, strict=True)
    )
    errors = sorted({repr(end) for end in ends if isinstance(end, BaseException)})
    by_cut = [f"from {cut:.0%} {sum(good[at :: len(CUTS)])}" for at, cut in enumerate(CUTS)]
    told = f"{sum(good)} of {len(ends)} the same ({', '.join(by_cut)}; of {ids} the ids)"
    return "; ".join([told, *errors])


async def resumed(engine: Engine, job: ChatJob, whole: Answer, cut: float) -> Answer:
    known = whole[0][: int(cut * len(whole[0]))]
    return await answer(engine, msgspec.structs.replace(job, request=f"{job.request} {cut}"), known)


async def answer(engine: Engine, job: ChatJob, known: tuple[int, ...] = ()) -> Answer:
    """All its ids and its text, what was known included."""
    ids, text = list(known), ""
    async for output in engine.stream(job, known):
        ids += output.ids
        said = (*output.replayed, *output.parts)
        text += "".join(part.text for part in said if isinstance(part, Text))
    return tuple(ids), text


if __name__ == "__main__":
    main()
