"""Speculative decoding as an operator writes it in one setting, as vLLM's `speculative_config`. Pure.

ngram                     drafts are what followed the same words before, in the prompt or the answer; no second model
draft:<model>             a smaller model with the same tokenizer
medusa:<model>            Medusa heads trained on the model
eagle:<model>             an EAGLE head trained on it; eagle3:<model> for EAGLE-3
mtp                       the multi-token prediction layers within the model's own checkpoint
{"method": …}             vLLM's `speculative_config` itself, for everything else
"""

from typing import Any

import msgspec

MOST_TOKENS = 32
"""Drafted a step. Each costs a place in the batch, and late ones are hardly ever right."""

WITHOUT_MODEL: dict[str, dict[str, Any]] = {
    "ngram": {"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_min": 2, "prompt_lookup_max": 4},
    "mtp": {"method": "mtp", "num_speculative_tokens": 1},
}
WITH_MODEL: dict[str, dict[str, Any]] = {
    "draft": {"method": "draft_model", "num_speculative_tokens": 4},
    "medusa": {"method": "medusa", "num_speculative_tokens": 3},
    "eagle": {"method": "eagle", "num_speculative_tokens": 3},
    "eagle3": {"method": "eagle3", "num_speculative_tokens": 3},
}
WAYS = (*WITHOUT_MODEL, *(f"{name}:<model>" for name in WITH_MODEL))


def speculative_config(text: str) -> dict[str, Any] | None:
    """None for the empty text. Raises `ValueError`, in an operator's words."""
    text = text.strip()
    if not text:
        return None
    if text.startswith("{"):
        return _checked(text)
    name, colon, model = (part.strip() for part in text.partition(":"))
    if name in WITHOUT_MODEL:
        if colon:
            raise ValueError(f"{name} takes no model")
        return dict(WITHOUT_MODEL[name])
    if name not in WITH_MODEL:
        raise ValueError(f"{name!r} is none of {', '.join(WAYS)}, nor a JSON object")
    if not model:
        raise ValueError(f"{name} needs a model: {name}:<folder, or id on the hub>")
    return {**WITH_MODEL[name], "model": model}


def _checked(text: str) -> dict[str, Any]:
    try:
        config = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ValueError(f"not a JSON object: {error}") from error
    if not ("method" in config or "model" in config):
        raise ValueError("it names neither a method nor a model")
    tokens = config.get("num_speculative_tokens")
    if tokens is not None and not (type(tokens) is int and 1 <= tokens <= MOST_TOKENS):
        raise ValueError(f"num_speculative_tokens is a whole number from 1 to {MOST_TOKENS}")
    return config
