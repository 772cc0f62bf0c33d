"""What the engine is started with: our defaults for this machine, and the operator's word over them."""

from typing import Any

import msgspec
from vllm import envs
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.platforms import current_platform

from services.inference.adapters.vllm.lora import Adapters
from services.inference.adapters.vllm.replay import HAS_SECOND, Replay
from shared.settings import SettingsError

GRAMMARS = {"backend": "xgrammar"}
"""vLLM's own choice depends on its version and on the schema; an answer may go on at a worker with another one."""

ON_GPU: dict[str, Any] = {
    "dtype": "half",
    "max_model_len": 8192,
    "gpu_memory_utilization": 0.90,
    "max_num_seqs": 256,
    "structured_outputs_config": GRAMMARS,
}
"""`quantization` is not among them: vLLM reads it from the checkpoint, and naming `awq` would refuse other models."""

ON_CPU: dict[str, Any] = {
    "enforce_eager": True,
    "max_num_seqs": 16,
    "structured_outputs_config": GRAMMARS,
    "kv_cache_memory_bytes": 512 * 1024 * 1024,
}
"""Small and quick to start; compiling takes longer than a first answer."""


class VllmOptions(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    """A folder, or an id on the hub."""
    engine_args: str = "{}"
    """JSON of `AsyncEngineArgs`."""
    hang_s: float
    """With work and without a step for so long it hangs; 0: never."""
    adapters: Adapters = msgspec.field(default_factory=Adapters)
    replay: bool = False
    """Also where nobody has run it yet: on a GPU, by vLLM's second model runner."""
    shares_cache: bool = False
    """The prefix cache, among users."""


def is_on_cpu() -> bool:
    return current_platform.is_cpu()


def engine_args(options: VllmOptions) -> AsyncEngineArgs:
    """Raises `SettingsError` for arguments that vLLM does not know."""
    try:
        chosen = msgspec.json.decode(options.engine_args, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise SettingsError(f"SLUICE_ENGINE_ARGS is not a JSON object: {error}") from error
    defaults = {
        **(ON_CPU if is_on_cpu() else ON_GPU),
        **options.adapters.arguments(chosen, on_cpu=is_on_cpu()),
    }
    try:
        args = AsyncEngineArgs(model=options.model, disable_log_stats=True, **{**defaults, **chosen})
    except TypeError as error:
        raise SettingsError(f"SLUICE_ENGINE_ARGS: {error}") from error
    if _can_replay(args, options):
        args.logits_processors = [*(args.logits_processors or ()), Replay]
    return args


def replays(args: AsyncEngineArgs) -> bool:
    return Replay in (args.logits_processors or ())


def _can_replay(args: AsyncEngineArgs, options: VllmOptions) -> bool:
    """vLLM's first model runner takes no logits processor beside speculation. In 0.26 the second takes none at all: one
    would put every request on the first, so there it is given only where that one runs anyhow."""
    if args.speculative_config is not None:
        return False
    runs_first = current_platform.is_cpu() or envs.VLLM_USE_V2_MODEL_RUNNER is False
    return runs_first or (options.replay and HAS_SECOND)
