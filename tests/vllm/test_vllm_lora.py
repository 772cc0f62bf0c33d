"""LoRA adapters on vLLM: each answers as vLLM itself does with it, and none as another."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from deploy.models.make_tiny_lora import write
from services.inference.adapters.vllm import Adapters, VllmEngine, VllmOptions
from services.inference.adapters.vllm.options import engine_args
from services.inference.domain.naming import named
from shared.errors import EngineFailed
from shared.messages import JsonFormat, Sampling, Started
from shared.settings import SettingsError
from tests.engine_contract import Said, Subject, all_of
from tests.vllm.conftest import ENGINE_ARGS, HANG_S
from tests.vllm.moving import LentEngine
from tests.vllm.offline import offline_tokens
from tests.vllm.test_vllm_engine import LONG, looking
from tests.vllm.test_vllm_worker import MAX_TOKENS, PROMPTS
from tests.worker import asking, begun, gather, running_worker

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

NAMES = ("gpt-4-local", "legal", "poems")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("adapters")
    return {
        "legal": str(write(folder / "legal", seed=11)),
        "poems": str(write(folder / "poems", seed=12, rank=32)),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lora(tiny_model: Path, folders: dict[str, str]) -> AsyncGenerator[VllmEngine]:
    options = VllmOptions(
        model=str(tiny_model),
        engine_args=ENGINE_ARGS,
        hang_s=HANG_S,
        adapters=Adapters(list(folders.items())),
    )
    models = named(NAMES[:1], adapters=NAMES[1:])
    engine = VllmEngine(options, worker="worker", models=models)
    await engine.start()
    yield engine
    await engine.stop()


async def offline(tiny_model: Path, folders: dict[str, str]) -> dict[str, list[list[int]]]:
    """vLLM's own tokens, by the name: each alone, and none of our code between."""
    lora = {"enable_lora": True, "max_loras": 3, "max_lora_rank": 32}
    args = {**json.loads(ENGINE_ARGS), **lora}
    said = await offline_tokens(
        tiny_model, args, MAX_TOKENS, prompts=PROMPTS, adapters=list(folders.values())
    )
    return dict(zip(NAMES, said, strict=True))


async def say(
    engine: VllmEngine, model: str, content: str, shown: tuple[int, ...] = (), **sampling: object
) -> Said:
    subject = Subject(engine, LONG)
    job = subject.job(content, **sampling)
    job = msgspec.structs.replace(job, model=model, request=f"{model}-{content}-{len(shown)}")
    return await all_of(engine.stream(job, shown))


def cached(said: Said) -> int:
    started = said.outputs[0].parts[0]
    assert isinstance(started, Started)
    return started.cached_tokens


async def test_model_and_adapters_answer_at_once_and_each_as_vllm_does(
    nats_url: str, lora: VllmEngine, tiny_model: Path, folders: dict[str, str]
) -> None:
    """Through the bus: eight prompts for each of three names, mixed in one batch."""
    expected = await offline(tiny_model, folders)
    async with asking(nats_url) as asker, running_worker(nats_url, engine=LentEngine(lora)):
        sampling = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
        jobs = [
            asker.job(prompt, request=f"{name}{number}", model=name, sampling=sampling)
            for number, prompt in enumerate(PROMPTS)
            for name in NAMES
        ]
        answers = await asyncio.gather(*(asker.ask(job) for job in jobs))
    found: dict[str, list[list[int]]] = {name: [] for name in NAMES}
    for job, answered in zip(jobs, answers, strict=True):
        assert answered.end.failure is None
        found[job.model].append(answered.ids)
    assert found == expected
    assert expected["gpt-4-local"] != expected["legal"] != expected["poems"] != expected["gpt-4-local"]


async def test_what_is_announced(lora: VllmEngine) -> None:
    assert [(model.name, model.context_tokens, model.parent) for model in lora.models] == [
        ("gpt-4-local", 2048, ""),
        ("legal", 2048, "gpt-4-local"),
        ("poems", 2048, "gpt-4-local"),
    ]
    assert {(model.modalities, model.tools) for model in lora.models} == {(("text",), False)}


async def test_the_cache_of_one_is_none_of_anothers(lora: VllmEngine) -> None:
    """The prompts are the same to the token; the keys and values in the cache are not."""
    prompt = "The same long words of the keeper. " * 20
    first = {name: await say(lora, name, prompt, max_tokens=12) for name in NAMES}
    assert [cached(said) for said in first.values()] == [0, 0, 0]
    again = {name: await say(lora, name, prompt, max_tokens=12) for name in NAMES}
    for name in NAMES:
        assert cached(again[name]) > 0
        assert again[name].ids == first[name].ids


@pytest.mark.parametrize(
    "sampling", [{}, {"json_format": msgspec.to_builtins(JsonFormat())}], ids=["ids", "replay"]
)
async def test_an_adapters_answer_goes_on_with_the_adapter(
    lora: VllmEngine, sampling: dict[str, Any]
) -> None:
    whole = await say(lora, "legal", "Go on.", max_tokens=40, **sampling)
    for shown in (1, 7, 39):
        rest = await say(lora, "legal", "Go on.", whole.ids[:shown], max_tokens=40, **sampling)
        assert whole.ids[:shown] + rest.ids == whole.ids


async def test_an_adapter_is_there_again_after_the_engine_has_died(lora: VllmEngine) -> None:
    before = await say(lora, "poems", "Once more.")
    lora._processes[0].kill()
    with pytest.raises(EngineFailed):
        await looking(lora, for_s=5)
    await lora.stop()
    await lora.start()
    assert (await say(lora, "poems", "Once more.")).ids == before.ids


async def test_another_worker_goes_on_with_an_adapters_answer(nats_url: str, lora: VllmEngine) -> None:
    sampling = Sampling(temperature=0.0, max_tokens=600)
    async with asking(nats_url) as asker:
        job = asker.job("Hello", request="r", model="legal", sampling=sampling)
        async with running_worker(nats_url, engine=LentEngine(lora), shutdown_grace_s=20):
            incoming = await asker.submit(job)
            await begun(incoming)
        had = len(incoming.cursor.ids)
        async with running_worker(nats_url, engine=LentEngine(lora), instance="2"):
            answered = await asyncio.wait_for(gather(incoming), 60)
            whole = await asker.ask(msgspec.structs.replace(job, request="whole"))
    assert 0 < had < 600
    assert len(answered.ids) == 600
    assert (
        answered.ids[: had + 32] == whole.ids[: had + 32]
    )  # in half precision long answers drift, sooner or later


def broken(folder: Path, what: str) -> str:
    if what == "nowhere":
        return str(folder / "nowhere")
    write(folder, rank=64)
    match what:
        case "no weights":
            (folder / "adapter_model.safetensors").unlink()
        case "no config":
            (folder / "adapter_config.json").unlink()
        case "no rank":
            (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}')
        case "another kind":
            (folder / "adapter_config.json").write_text('{"peft_type": "IA3", "r": 8}')
        case _:
            pass
    return str(folder)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("nowhere", "'legal': there is no folder"),
        ("no weights", "there is no adapter_model.safetensors in"),
        ("no config", "adapter_config.json in .* cannot be read"),
        ("no rank", "Object missing required field `r`"),
        ("another kind", "IA3 of rank 8 is no LoRA that vLLM takes"),
        ("rank", "'legal' has rank 64, over max_lora_rank 32"),
        ("switched off", "enable_lora false"),
        ("too few places", "on a CPU max_loras has to be more than the 1 of"),
    ],
)
async def test_a_wrong_adapter_is_refused_before_the_model_is_loaded(
    tmp_path: Path, what: str, told: str
) -> None:
    chosen = {
        "rank": {"max_lora_rank": 32},
        "switched off": {"enable_lora": False},
        "too few places": {"max_loras": 1},
    }.get(what, {})
    with pytest.raises(SettingsError, match=told):
        Adapters([("legal", broken(tmp_path, what))]).arguments(chosen, on_cpu=True)


async def test_ranks_and_numbers_follow_from_the_adapters_unless_they_are_set(
    tiny_model: Path, folders: dict[str, str]
) -> None:
    adapters = Adapters(list(folders.items()))
    args = engine_args(VllmOptions(model=str(tiny_model), hang_s=0, adapters=adapters))
    assert (args.enable_lora, args.max_lora_rank, args.max_loras, args.max_cpu_loras) == (True, 32, 3, 3)
    on_gpu = adapters.arguments({}, on_cpu=False)
    assert (on_gpu["max_loras"], on_gpu["max_cpu_loras"]) == (2, 2)
    told = '{"max_lora_rank": 64, "max_loras": 4}'
    args = engine_args(VllmOptions(model=str(tiny_model), hang_s=0, adapters=adapters, engine_args=told))
    assert (args.max_lora_rank, args.max_loras, args.max_cpu_loras) == (64, 4, 4)


async def test_the_process_says_plainly_what_is_wrong(
    nats_url: str, tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.inference",
        env={
            **os.environ,
            "SLUICE_NATS_URL": nats_url,
            "SLUICE_ENGINE": "vllm",
            "SLUICE_MODEL": str(tiny_model),
            "SLUICE_LORA_MODULES": f"legal={tmp_path / 'nowhere'}",
        },
    )
    assert await asyncio.wait_for(process.wait(), 120) == 2
    assert "SLUICE_LORA_MODULES: 'legal': there is no folder" in capfd.readouterr().err.splitlines()[-1]
