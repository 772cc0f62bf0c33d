"""What the loaded model says of itself, for callers to know."""

from typing import get_args

import msgspec
from vllm.config.model import ModelConfig
from vllm.multimodal import MULTIMODAL_REGISTRY

from shared.messages import Modality, ServedModel

KINDS: tuple[Modality, ...] = get_args(Modality)


def announced(
    models: tuple[ServedModel, ...], config: ModelConfig, *, tools: bool
) -> tuple[ServedModel, ...]:
    kinds = modalities(config)
    return tuple(
        msgspec.structs.replace(model, context_tokens=config.max_model_len, modalities=kinds, tools=tools)
        for model in models
    )


def modalities(config: ModelConfig) -> tuple[Modality, ...]:
    """Without those that the operator has switched off (`limit_mm_per_prompt`)."""
    if not config.is_multimodal_model:
        return ("text",)
    limits = MULTIMODAL_REGISTRY.get_processing_info(config).allowed_mm_limits
    return tuple(kind for kind in KINDS if kind == "text" or limits.get(kind, 0))
