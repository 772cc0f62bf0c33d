"""Which engine answers. `auto` never downloads gigabytes by surprise: it takes a model that is named or here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import StartError
from deploy.local.hardware import has_gpu

GPU_MODEL = "Qwen/Qwen2.5-7B-Instruct-AWQ"
CPU_MODEL = "Qwen/Qwen2.5-0.5B-Instruct"
SIZES = {GPU_MODEL: "5.6 GB", CPU_MODEL: "1 GB"}


@dataclass(frozen=True)
class Machine:
    """What the choice depends on."""

    gpu: bool
    vllm: bool
    """Whether .venv-vllm is there."""
    cached: frozenset[str] = frozenset()
    """Models in the hub's cache."""

    @property
    def default_model(self) -> str:
        return GPU_MODEL if self.gpu else CPU_MODEL


@dataclass(frozen=True)
class EngineChoice:
    engine: str
    model: str
    why: str
    hint: str = ""
    """How to get a language model, where none answers."""


def choose(requested: str, model: str, machine: Machine) -> EngineChoice:
    """Raises `StartError` when the requested engine cannot run here."""
    if requested == "auto":
        return automatic(model, machine)
    if requested == "vllm":
        return vllm(model, machine)
    if requested == "openai" and not model:
        raise StartError("ENGINE=openai needs MODEL=<name of the model there>")
    return EngineChoice(requested, model, "as asked")


def automatic(model: str, machine: Machine) -> EngineChoice:
    chosen = model or (machine.default_model if machine.default_model in machine.cached else "")
    if machine.vllm and chosen:
        return EngineChoice("vllm", chosen, f"vLLM on the {device(machine)}")
    if machine.vllm:
        missing = "no model is named or cached"
    elif machine.gpu:
        missing = "vLLM is not installed yet"
    else:
        missing = "there is no GPU and vLLM is not installed"
    return EngineChoice("extractive", "", missing, hint(machine, model))


def vllm(model: str, machine: Machine) -> EngineChoice:
    if not machine.vllm:
        raise StartError("ENGINE=vllm needs vLLM: make setup-vllm")
    chosen = model or machine.default_model
    fetched = "" if model or chosen in machine.cached else f"; downloading {SIZES[chosen]} first"
    return EngineChoice("vllm", chosen, f"vLLM on the {device(machine)}{fetched}")


def hint(machine: Machine, model: str) -> str:
    """The one command that brings a language model."""
    if model:
        return f"make run ENGINE=vllm MODEL={model}"
    return f"make run ENGINE=vllm   (downloads {machine.default_model}, {SIZES[machine.default_model]})"


def device(machine: Machine) -> str:
    return "GPU" if machine.gpu else "CPU"


def look(root: Path, environ: Mapping[str, str]) -> Machine:
    """What this machine is."""
    return Machine(
        gpu=has_gpu(),
        vllm=(root / ".venv-vllm" / "sluice-set").exists(),
        cached=frozenset(name for name in (GPU_MODEL, CPU_MODEL) if is_cached(name, environ)),
    )


def is_cached(model: str, environ: Mapping[str, str]) -> bool:
    """Whether the hub's cache, at its usual place or where its variables say, holds a snapshot with weights."""
    home = Path(environ.get("HF_HOME") or Path(environ.get("HOME", "/")) / ".cache" / "huggingface")
    hub = Path(environ.get("HF_HUB_CACHE") or home / "hub")
    return any((hub / ("models--" + model.replace("/", "--")) / "snapshots").glob("*/*.safetensors"))
