"""How a checkpoint is quantised: it says so itself, in its `config.json`."""

from collections.abc import Mapping
from typing import Any, cast

KERNELS = {
    "awq": {"awq", "awq_marlin", "auto_awq", "marlin", "moe_wna16", "humming"},
    "gptq": {"gptq", "gptq_marlin", "auto_gptq", "marlin", "moe_wna16", "humming"},
}
"""vLLM's names for ways to compute with one and the same kind of checkpoint; for other kinds only their own."""
PREQUANTISED = {"compressed-tensors"}.union(*KERNELS.values()) - {"humming"}
"""Settings that mean nothing for a checkpoint in full precision; all others quantise it while it loads."""


def method_of(config: Mapping[str, Any]) -> str:
    """`awq`, `compressed-tensors` (what llmcompressor writes), …; empty: in full precision."""
    found: Any = config.get("quantization_config") or config.get("compression_config")
    nested: Any = config.get("text_config")
    if not found and isinstance(nested, dict):
        return method_of(cast(dict[str, Any], nested))
    if not isinstance(found, dict):
        return ""
    method = str(cast(dict[str, Any], found).get("quant_method", "")).lower()
    return method.replace("_", "-") or "unknown"


def contradiction(config: Mapping[str, Any], asked: str | None) -> str:
    """What is wrong with asking for `asked`; empty: nothing."""
    if not asked:
        return ""
    method = method_of(config)
    if not method:
        wrong = asked in PREQUANTISED
        return f"the checkpoint is not quantised, and the setting says '{asked}'" if wrong else ""
    if asked == method or asked in KERNELS.get(method, ()):
        return ""
    return f"the checkpoint is quantised as '{method}', and the setting says '{asked}'; without it that is found out"
