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


HERMES = ("<tool_call>", "</tool_call>", '"arguments"')
"""What a chat template holds that has calls written as Hermes' are: Qwen 2.5's and Qwen 3's."""


class VllmOptions(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    """A folder, or an id on the hub."""
    engine_args: str = "{}"
    """JSON of `AsyncEngineArgs`."""
    hang_s: float
    """With work and without a step for so long it hangs; 0: never."""
    tool_parser: str = "auto"
    """vLLM's name for it; `auto`: by the chat template, where that tells; empty: none."""
    reasoning_parser: str = ""
    adapters: Adapters = msgspec.field(default_factory=Adapters)
    replay: bool = False
    """Also where nobody has run it yet: on a GPU, by vLLM's second model runner."""
    shares_cache: bool = False
    """The prefix cache, among users."""


class Parsers(msgspec.Struct, frozen=True):
    """By vLLM's names; empty: none."""

    tools: str
    reasoning: str


def parsers(options: VllmOptions, args: AsyncEngineArgs, tokenizer: Any) -> Parsers:
    if options.tool_parser != "auto":
        return Parsers(options.tool_parser, args.reasoning_parser)
    template = str(getattr(tokenizer, "chat_template", None) or "")
    return Parsers("hermes" if all(sign in template for sign in HERMES) else "", args.reasoning_parser)


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
    if options.reasoning_parser:
        args.reasoning_parser = options.reasoning_parser
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
