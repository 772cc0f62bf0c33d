"""LoRA adapters: looked at before the model is loaded, loaded right after it.

vLLM's prefix cache keeps them apart by itself: an adapter's name is in the hash of each of its blocks.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
from vllm.config.lora import MaxLoRARanks
from vllm.lora.request import LoRARequest
from vllm.v1.engine.async_llm import AsyncLLM

from shared.errors import EngineFailed
from shared.settings import SettingsError

RANKS: tuple[int, ...] = get_args(MaxLoRARanks)
LEAST_RANK = 16
"""vLLM's own default."""
MAX_AT_ONCE = 8
"""Adapters in one batch, by default; each takes memory beside the model. Requests of others wait for their turn."""


class PeftConfig(msgspec.Struct):
    r: int
    peft_type: str = "LORA"
    rank_pattern: dict[str, int] = {}

    @property
    def rank(self) -> int:
        return max(self.r, *self.rank_pattern.values()) if self.rank_pattern else self.r


class Adapters:
    """Raises `SettingsError` for what is not there, or no adapter."""

    def __init__(self, modules: Sequence[tuple[str, str]] = ()) -> None:
        """`modules`: name and folder."""
        self._requests = {
            name: LoRARequest(name, number, str(Path(folder).resolve()))
            for number, (name, folder) in enumerate(modules, 1)
        }
        self._ranks = {name: _config(name, folder).rank for name, folder in modules}

    def arguments(self, chosen: dict[str, Any], *, on_cpu: bool) -> dict[str, Any]:
        """Our defaults for vLLM. `chosen`: the operator's, over which nothing goes.

        On a CPU one place more than there are adapters: in a mixed batch vLLM's kernels for it (0.32) apply the last
        place to requests without an adapter, in silence, and are right only where nothing lies in it."""
        if not self._requests:
            return {}
        if chosen.get("enable_lora") is False:
            raise SettingsError(
                "SLUICE_ENGINE_ARGS says enable_lora false, and SLUICE_LORA_MODULES names adapters"
            )
        allowed = chosen.get("max_lora_rank", RANKS[-1])
        for name, rank in self._ranks.items():
            if rank > allowed:
                raise SettingsError(
                    f"SLUICE_LORA_MODULES: '{name}' has rank {rank}, over max_lora_rank {allowed}"
                )
        count = len(self._requests)
        places = count + 1 if on_cpu else min(count, MAX_AT_ONCE)
        if on_cpu and chosen.get("max_loras", places) <= count:
            raise SettingsError(
                f"SLUICE_ENGINE_ARGS: on a CPU max_loras has to be more than the {count} of SLUICE_LORA_MODULES"
            )
        needed = max(LEAST_RANK, *self._ranks.values())
        return {
            "enable_lora": True,
            "max_lora_rank": next(rank for rank in RANKS if rank >= needed),
            "max_loras": places,
            "max_cpu_loras": max(count, chosen.get("max_loras", places)),
        }

    async def load(self, llm: AsyncLLM) -> None:
        """Raises `EngineFailed`."""
        for name, request in self._requests.items():
            try:
                await llm.add_lora(request)
            except Exception as error:
                raise EngineFailed(f"vLLM could not load the adapter '{name}': {error}") from error

    def of(self, model: str) -> LoRARequest | None:
        """None: the model itself."""
        return self._requests.get(model)


def _config(name: str, folder: str) -> PeftConfig:
    """PEFT's own file beside the weights."""
    path = Path(folder)
    where = f"SLUICE_LORA_MODULES: '{name}'"
    if not folder or not path.is_dir():
        raise SettingsError(f"{where}: there is no folder '{folder}'")
    if not (path / "adapter_model.safetensors").is_file():
        raise SettingsError(f"{where}: there is no adapter_model.safetensors in {folder}")
    try:
        config = msgspec.json.decode((path / "adapter_config.json").read_bytes(), type=PeftConfig)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"{where}: adapter_config.json in {folder} cannot be read: {error}") from error
    if config.peft_type != "LORA" or not 1 <= config.rank <= RANKS[-1]:
        raise SettingsError(f"{where}: {config.peft_type} of rank {config.rank} is no LoRA that vLLM takes")
    return config
