"""What the engine is started with: our defaults for this machine, and the operator's word over them."""

from typing import Any

import msgspec
from vllm import envs
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.platforms import current_platform

from services.inference.adapters.vllm import arguments
from services.inference.adapters.vllm.checkpoint import check_quantization
from services.inference.adapters.vllm.lora import Adapters
from services.inference.adapters.vllm.replay import HAS_SECOND, Replay
from shared.settings import SettingsError

GRAMMARS = {"backend": "xgrammar"}
"""vLLM's own choice depends on its version and on the schema; an answer may go on at a worker with another one."""

PICTURES_GB = 2
"""Of those that are ready for the model, in each of two processes: half of vLLM's own, which keeps them in one."""

ON_GPU: dict[str, Any] = {
    "dtype": "half",
    "max_model_len": 8192,
    "gpu_memory_utilization": 0.90,
    "max_num_seqs": 256,
    "structured_outputs_config": GRAMMARS,
    "mm_processor_cache_gb": PICTURES_GB,
}
"""`quantization` is not among them: vLLM reads it from the checkpoint, and naming `awq` would refuse other models."""

ON_CPU: dict[str, Any] = {
    "enforce_eager": True,
    "max_num_seqs": 16,
    "structured_outputs_config": GRAMMARS,
    "mm_processor_cache_gb": PICTURES_GB,
    "kv_cache_memory_bytes": 512 * 1024 * 1024,
}
"""Small and quick to start; compiling takes longer than a first answer."""


HERMES = ("<tool_call>", "</tool_call>", '"arguments"')
"""What a chat template holds that has calls written as Hermes' are: Qwen 2.5's and Qwen 3's."""


class VllmOptions(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    """A folder, or an id on the hub."""
    named: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    """Arguments that have a setting of their own, by vLLM's names."""
    engine_args: str = ""
    """All others: JSON of `AsyncEngineArgs`, or words of vLLM's command line."""
    speculation: str = ""
    """As `domain.speculation` reads it; empty: none."""
    chat_template: str = ""
    """A file; empty: the model's own."""
    hang_s: float
    """With work and without a step for so long it hangs; 0: never."""
    tool_parser: str = "auto"
    """vLLM's name for it; `auto`: by the chat template, where that tells; empty: none."""
    adapters: Adapters = msgspec.field(default_factory=Adapters)
    replay: bool = False
    """Also where nobody has run it yet: on a GPU, by vLLM's second model runner."""
    shares_cache: bool = False
    """The prefix cache, among users."""


class Parsers(msgspec.Struct, frozen=True):
    """By vLLM's names; empty: none."""

    tools: str
    reasoning: str


def parsers(options: VllmOptions, args: AsyncEngineArgs, template: str) -> Parsers:
    if options.tool_parser != "auto":
        return Parsers(options.tool_parser, args.reasoning_parser)
    return Parsers("hermes" if all(sign in template for sign in HERMES) else "", args.reasoning_parser)


def is_on_cpu() -> bool:
    return current_platform.is_cpu()


def engine_args(options: VllmOptions) -> AsyncEngineArgs:
    """The operator's word over our defaults. Raises `SettingsError`."""
    chosen = arguments.chosen(options.named, options.engine_args, options.speculation)
    defaults = {
        **(ON_CPU if is_on_cpu() else ON_GPU),
        **options.adapters.arguments(chosen, on_cpu=is_on_cpu()),
    }
    if "gpu_memory_utilization" in chosen:  # another way to say how large the cache is
        defaults.pop("kv_cache_memory_bytes", None)
    try:
        args = AsyncEngineArgs(model=options.model, disable_log_stats=True, **{**defaults, **chosen})
    except OSError as error:  # without a network the hub's cache is asked already here
        raise SettingsError(f"SLUICE_MODEL={options.model}: {error}") from error
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{arguments.ARGS}: {error}") from error
    check_quantization(args.model, args.quantization)
    if _can_replay(args, options):
        args.logits_processors = [*(args.logits_processors or ()), Replay]
    return args


def replays(args: AsyncEngineArgs) -> bool:
    return Replay in (args.logits_processors or ())


def _can_replay(args: AsyncEngineArgs, options: VllmOptions) -> bool:
    """vLLM's first model runner takes no logits processor beside speculation. In 0.26 the second takes none at all: one
    would put every request on the first, so there it is given only where that one runs anyhow."""
    if arguments.speculates(args):
        return False
    runs_first = current_platform.is_cpu() or envs.VLLM_USE_V2_MODEL_RUNNER is False
    return runs_first or (options.replay and HAS_SECOND)
