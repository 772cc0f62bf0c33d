"""The worker's settings; `SLUICE_ENGINE` chooses which of the groups below matter."""

from typing import Annotated, Literal

from msgspec import Meta

from shared.settings import BaseSettings

ENGINE_ARGUMENTS = (
    "quantization",
    "dtype",
    "max_model_len",
    "max_num_seqs",
    "gpu_memory_utilization",
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "enable_prefix_caching",
    "kv_cache_dtype",
    "enforce_eager",
    "reasoning_parser",
)
"""Settings `SLUICE_ENGINE_…` whose names are those of vLLM's arguments."""


class Settings(BaseSettings, frozen=True, kw_only=True):
    engine: Literal["vllm", "openai", "extractive", "simulated"] = "extractive"
    served_model_name: str = ""
    """What callers ask for. Empty: the engine's own default."""
    model_aliases: tuple[str, ...] = ()
    """Other names for what is served: `alias`, or `alias=name` for another model than the first."""
    lora_modules: tuple[str, ...] = ()
    """vllm: LoRA adapters, `name=folder` each, loaded at the start and served as models of their own.
    simulated: `name`."""
    more_models: tuple[str, ...] = ()
    """openai, simulated: models beside the first one, as `name`, or as `name=model` where the upstream calls it so."""
    ack_wait_s: Annotated[float, Meta(ge=1)] = 30.0
    """A job whose worker is silent for so long goes to another."""
    prefix_affinity: bool = True
    """A conversation's questions go to the worker that has its beginning in its cache, while that one has a free slot.
    The same for all workers."""
    shared_prefix_cache: bool = False
    """vllm: a system prompt that many users have is read once for all of them. Whoever can time answers finds out
    then whether somebody has asked the same before. False: each user's prompts are found by that user's alone."""
    tapes_mib: Annotated[int, Meta(ge=0)] = 256
    """For answers that have ended, kept a minute so that their readers can have them again; over it the oldest go."""

    model: str = ""
    """vllm: a folder or a model's id on the hub. openai: the upstream's name for it."""
    engine_quantization: str = ""
    """vllm: `awq` and the like. Empty: what the checkpoint says it is."""
    engine_dtype: Literal["auto", "half", "float16", "bfloat16", "float", "float32"] | None = None
    """vllm: unset: `half` on a GPU, else what the checkpoint says."""
    engine_max_model_len: Annotated[int, Meta(ge=1)] | None = None
    """vllm: tokens of a question and its answer together. Unset: 8192 on a GPU, else what the model takes."""
    engine_max_num_seqs: Annotated[int, Meta(ge=1)] | None = None
    """vllm: requests that run at once. Unset: 256 on a GPU, else 16."""
    engine_gpu_memory_utilization: Annotated[float, Meta(gt=0, le=1)] | None = None
    """vllm: the share of a GPU's memory for weights and cache. Unset: 0.9; on a CPU a cache of 512 MiB."""
    engine_tensor_parallel_size: Annotated[int, Meta(ge=1)] | None = None
    """vllm: GPUs among which each layer is divided."""
    engine_pipeline_parallel_size: Annotated[int, Meta(ge=1)] | None = None
    """vllm: groups of GPUs among which the layers are divided."""
    engine_enable_prefix_caching: bool | None = None
    """vllm: prompts that begin alike share what was computed of them. Unset: vLLM's own choice, which is yes."""
    engine_kv_cache_dtype: str = ""
    """vllm: `fp8` halves what the cache takes. Empty: as the model computes."""
    engine_enforce_eager: bool | None = None
    """vllm: no CUDA graphs: less memory, and slower. Unset: graphs on a GPU, none on a CPU."""
    engine_chat_template: str = ""
    """vllm: a file with a Jinja template, in place of the model's own."""
    engine_speculation: str = ""
    """vllm: speculative decoding: `ngram`, `draft:<model>`, `medusa:<model>`, `eagle:<model>`, `eagle3:<model>`, `mtp`,
    or vLLM's `speculative_config` as JSON. Empty: none."""
    engine_args: str = ""
    """vllm: any other of its engine's arguments, as on its command line (`--kv-cache-dtype fp8 --enforce-eager`) or as
    JSON of `AsyncEngineArgs`; over our defaults."""
    engine_hang_s: Annotated[float, Meta(ge=0)] = 7.0
    """vllm: an engine that has requests and makes no step for so long hangs, and is killed and built anew; 0: never.
    Time in which it plainly computes (on a CPU) or compiles (on a GPU) does not count. More than a GPU's longest step,
    that of `max_num_batched_tokens`."""

    engine_tool_parser: str = "auto"
    """vllm: who reads calls of functions in an answer, by the name that `--tool-call-parser` has for it. `auto`:
    `hermes` where the model's chat template has them written so (Qwen 2.5 and 3), else none; empty: none."""
    engine_reasoning_parser: str = ""
    """vllm: who tells reasoning from the answer, by the name that `--reasoning-parser` has for it; empty: nobody."""
    engine_replay: bool = False
    """vllm: also on a GPU, answers in JSON, or with stop strings or penalties, are said again where they go on at
    another worker. Nobody has run it there yet with vLLM's second model runner; with its first
    (`VLLM_USE_V2_MODEL_RUNNER=0`) it is on by itself. Without it they are made anew there, and end with an error where
    chance made them differ."""

    engine_front_ends: Annotated[int, Meta(ge=1, le=16)] = 1
    """vllm: so many processes speak for one engine, each a worker of its own with its share of `max_num_seqs`. One is
    enough until it is busy all the time."""
    engine_owner: str = ""
    """Set by the process that owns the engine, for its front ends: where they attach to it."""
    engine_front_end: int = 0
    """Likewise: which of them this one is, from 0."""
    engine_cache: str = ""
    """Likewise: the name under which they tell others that they share a prefix cache."""

    openai_base_url: str = ""
    openai_api_key: str = ""
    openai_slots: Annotated[int, Meta(ge=1)] = 64
    openai_context_tokens: Annotated[int, Meta(ge=1)] = 8192
    """What we announce; the upstream itself judges what fits."""
    openai_pictures: bool = False
    """The same of pictures: true where the upstream's models look at them."""

    sim_slots: Annotated[int, Meta(ge=1)] = 256
    sim_step_ms: Annotated[float, Meta(ge=0)] = 20.0
    """One token of each running stream a step; 0: as fast as it goes."""
    sim_prefill_tokens_per_s: Annotated[float, Meta(ge=0)] = 20_000.0
    """0: prompts cost no time."""
    sim_max_tokens: Annotated[int, Meta(ge=1)] = 128
    """An answer's length where the request names none."""
    sim_context_tokens: Annotated[int, Meta(ge=1)] = 8192
    sim_cache_tokens: Annotated[int, Meta(ge=0)] = 262_144
    """What its prefix cache holds; 0: it has none."""

    def engine_arguments(self) -> dict[str, object]:
        """The engine's arguments that have a setting of their own and are set, by vLLM's names for them."""
        values = {name: getattr(self, f"engine_{name}") for name in ENGINE_ARGUMENTS}
        return {name: value for name, value in values.items() if value not in (None, "")}
