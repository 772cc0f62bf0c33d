"""The engine that the settings ask for. Each is imported only when it is chosen: vLLM alone brings gigabytes."""

from services.inference.ports import Engine
from services.inference.settings import Settings
from shared.settings import SettingsError


def build_engine(settings: Settings, worker: str) -> Engine:
    match settings.engine:
        case "extractive":
            return _extractive(settings, worker)
        case "simulated":
            return _simulated(settings, worker)
        case "openai":
            return _openai(settings, worker)
        case "vllm":
            return _vllm(settings, worker)


def _extractive(settings: Settings, worker: str) -> Engine:
    from services.inference.adapters.extractive import ExtractiveEngine  # noqa: PLC0415

    return ExtractiveEngine(worker=worker, model=settings.served_model_name or "sluice-extractive")


def _simulated(settings: Settings, worker: str) -> Engine:
    from services.inference.adapters.simulated import SimulatedEngine, SimulatedOptions  # noqa: PLC0415

    options = SimulatedOptions(
        slots=settings.sim_slots,
        step_s=settings.sim_step_ms / 1000,
        prefill_tokens_per_s=settings.sim_prefill_tokens_per_s,
        max_tokens=settings.sim_max_tokens,
        context_tokens=settings.sim_context_tokens,
    )
    return SimulatedEngine(options, worker=worker, model=settings.served_model_name or "simulated")


def _openai(settings: Settings, worker: str) -> Engine:
    from services.inference.adapters.openai import OpenAIEngine, OpenAIOptions  # noqa: PLC0415

    if not (settings.openai_base_url and settings.model):
        raise SettingsError("SLUICE_ENGINE=openai needs SLUICE_OPENAI_BASE_URL and SLUICE_MODEL")
    options = OpenAIOptions(
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        model=settings.model,
        slots=settings.openai_slots,
        context_tokens=settings.openai_context_tokens,
    )
    return OpenAIEngine(options, worker=worker, model=settings.served_model_name or settings.model)


def _vllm(settings: Settings, worker: str) -> Engine:
    from services.inference.adapters.vllm import VllmEngine, VllmOptions  # noqa: PLC0415

    if not settings.model:
        raise SettingsError("SLUICE_ENGINE=vllm needs SLUICE_MODEL: a folder, or a model's id on the hub")
    options = VllmOptions(
        model=settings.model,
        named=settings.engine_arguments(),
        engine_args=settings.engine_args,
        speculation=settings.engine_speculation,
        chat_template=settings.engine_chat_template,
        hang_s=settings.engine_hang_s,
        replay=settings.engine_replay,
    )
    return VllmEngine(options, worker=worker, model=settings.served_model_name or "gpt-4-local")
