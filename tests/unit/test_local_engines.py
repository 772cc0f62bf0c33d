"""Which engine `make run` chooses, on which machine."""

from pathlib import Path

import pytest

from deploy.local.engines import CPU_MODEL, GPU_MODEL, Machine, choose, is_cached
from deploy.local.errors import StartError

BARE = Machine(gpu=False, vllm=False)
CPU = Machine(gpu=False, vllm=True)
GPU = Machine(gpu=True, vllm=True)


def test_a_bare_machine_quotes_and_names_the_command_that_brings_a_model() -> None:
    choice = choose("auto", "", BARE)
    assert (choice.engine, choice.model) == ("extractive", "")
    assert choice.hint.startswith("make run ENGINE=vllm")
    assert CPU_MODEL in choice.hint


@pytest.mark.parametrize(
    ("machine", "model", "expected"),
    [
        (CPU, "some/model", ("vllm", "some/model")),
        (GPU, "some/model", ("vllm", "some/model")),
        (Machine(gpu=True, vllm=True, cached=frozenset({GPU_MODEL})), "", ("vllm", GPU_MODEL)),
        (Machine(gpu=False, vllm=True, cached=frozenset({CPU_MODEL})), "", ("vllm", CPU_MODEL)),
        (Machine(gpu=False, vllm=True, cached=frozenset({GPU_MODEL})), "", ("extractive", "")),
        (CPU, "", ("extractive", "")),
        (GPU, "", ("extractive", "")),
        (BARE, "some/model", ("extractive", "")),
        (Machine(gpu=True, vllm=False), "", ("extractive", "")),
    ],
)
def test_auto_never_downloads_a_model(machine: Machine, model: str, expected: tuple[str, str]) -> None:
    choice = choose("auto", model, machine)
    assert (choice.engine, choice.model) == expected
    assert bool(choice.hint) == (choice.engine == "extractive")


def test_vllm_when_asked_for_takes_the_default_model_and_says_what_it_downloads() -> None:
    assert choose("vllm", "", GPU).model == GPU_MODEL
    choice = choose("vllm", "", CPU)
    assert choice.model == CPU_MODEL
    assert "downloading 1 GB first" in choice.why


def test_vllm_without_vllm_names_the_command_that_installs_it() -> None:
    with pytest.raises(StartError, match="make setup-vllm"):
        choose("vllm", "", BARE)


def test_openai_needs_the_name_of_a_model() -> None:
    with pytest.raises(StartError, match="MODEL="):
        choose("openai", "", BARE)
    assert choose("openai", "gpt-x", BARE).model == "gpt-x"


def test_a_model_is_cached_when_its_weights_are(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--Qwen--Qwen2.5-0.5B-Instruct" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    assert not is_cached(CPU_MODEL, {"HF_HUB_CACHE": str(tmp_path)})
    (snapshot / "model.safetensors").touch()
    assert is_cached(CPU_MODEL, {"HF_HUB_CACHE": str(tmp_path)})
    assert not is_cached(GPU_MODEL, {"HF_HUB_CACHE": str(tmp_path)})
