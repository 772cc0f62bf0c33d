"""The engine that the settings ask for. Each is imported only when it is chosen: vLLM alone brings gigabytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from services.inference.domain.naming import NamingError, named, pairs
from services.inference.ports import Engine
from services.inference.settings import Settings
from shared.settings import SettingsError, variable

if TYPE_CHECKING:
    from services.inference.adapters.vllm import Owner, VllmOptions


def build_engine(settings: Settings, worker: str) -> Engine:
    """Raises `SettingsError`."""
    try:
        match settings.engine:
            case "extractive":
                return _extractive(settings, worker)
            case "simulated":
                return _simulated(settings, worker)
            case "openai":
                return _openai(settings, worker)
            case "vllm":
                return _vllm(settings, worker)
    except NamingError as error:
        raise SettingsError(
            f"SLUICE_SERVED_MODEL_NAME, _MODEL_ALIASES, _LORA_MODULES, _MORE_MODELS: {error}"
        ) from error


def _extractive(settings: Settings, worker: str) -> Engine:
    from services.inference.adapters.extractive import CONTEXT_TOKENS, ExtractiveEngine  # noqa: PLC0415

    _refuse(settings, "lora_modules", "more_models")
    name = settings.served_model_name or "sluice-extractive"
    models = named([name], aliases=settings.model_aliases, context_tokens=CONTEXT_TOKENS)
    return ExtractiveEngine(worker=worker, models=models)


def _simulated(settings: Settings, worker: str) -> Engine:
    from services.inference.adapters.simulated import SimulatedEngine, SimulatedOptions  # noqa: PLC0415

    options = SimulatedOptions(
        slots=settings.sim_slots,
        step_s=settings.sim_step_ms / 1000,
        prefill_tokens_per_s=settings.sim_prefill_tokens_per_s,
        max_tokens=settings.sim_max_tokens,
        context_tokens=settings.sim_context_tokens,
        cache_tokens=settings.sim_cache_tokens,
        shares_cache=settings.shared_prefix_cache,
    )
    models = named(
        [settings.served_model_name or "simulated", *(name for name, _ in pairs(settings.more_models))],
        adapters=[name for name, _ in pairs(settings.lora_modules)],
        aliases=settings.model_aliases,
        context_tokens=options.context_tokens,
    )
    return SimulatedEngine(options, worker=worker, models=models)


def _openai(settings: Settings, worker: str) -> Engine:
    from services.inference.adapters.openai import OpenAIEngine, OpenAIOptions  # noqa: PLC0415

    if not (settings.openai_base_url and settings.model):
        raise SettingsError("SLUICE_ENGINE=openai needs SLUICE_OPENAI_BASE_URL and SLUICE_MODEL")
    _refuse(settings, "lora_modules")  # the upstream's adapters are models there
    more = [(name, upstream or name) for name, upstream in pairs(settings.more_models)]
    upstream = dict([(settings.served_model_name or settings.model, settings.model), *more])
    options = OpenAIOptions(
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        upstream=upstream,
        slots=settings.openai_slots,
    )
    models = named(
        [settings.served_model_name or settings.model, *(name for name, _ in more)],
        aliases=settings.model_aliases,
        context_tokens=settings.openai_context_tokens,
        modalities=("text", "image") if settings.openai_pictures else ("text",),
    )
    return OpenAIEngine(options, worker=worker, models=models)


def _vllm(settings: Settings, worker: str) -> Engine:
    _refuse(settings, "more_models")
    _look_for_model(settings.model)
    from services.inference.adapters.vllm import OwnerLink, VllmEngine  # noqa: PLC0415

    owner = None
    if settings.engine_owner:
        owner = OwnerLink(settings.engine_owner, settings.engine_front_end, settings.engine_front_ends)
    adapters = pairs(settings.lora_modules)
    models = named(
        [settings.served_model_name or "gpt-4-local"],
        adapters=[name for name, _ in adapters],
        aliases=settings.model_aliases,
    )
    return VllmEngine(_vllm_options(settings, adapters), worker=worker, models=models, owner=owner)


def build_owner(settings: Settings) -> "Owner":
    """Of an engine with several front ends."""
    _look_for_model(settings.model)
    from services.inference.adapters.vllm import Owner  # noqa: PLC0415

    return Owner(_vllm_options(settings, pairs(settings.lora_modules)), settings.engine_front_ends)


def _look_for_model(model: str) -> None:
    """Before vLLM is imported, which takes ten seconds."""
    if not model:
        raise SettingsError("SLUICE_ENGINE=vllm needs SLUICE_MODEL: a folder, or a model's id on the hub")
    if Path(model).is_absolute() and not Path(model).exists():
        raise SettingsError(f"SLUICE_MODEL: there is no {model}")


def _vllm_options(settings: Settings, adapters: Sequence[tuple[str, str]]) -> "VllmOptions":
    from services.inference.adapters.vllm import Adapters, VllmOptions  # noqa: PLC0415

    return VllmOptions(
        model=settings.model,
        named=settings.engine_arguments(),
        engine_args=settings.engine_args,
        speculation=settings.engine_speculation,
        chat_template=settings.engine_chat_template,
        hang_s=settings.engine_hang_s,
        tool_parser=settings.engine_tool_parser,
        replay=settings.engine_replay,
        adapters=Adapters(adapters),
        shares_cache=settings.shared_prefix_cache,
    )


def _refuse(settings: Settings, *fields: str) -> None:
    for field in fields:
        if getattr(settings, field):
            raise SettingsError(f"{variable(field)} means nothing to SLUICE_ENGINE={settings.engine}")
