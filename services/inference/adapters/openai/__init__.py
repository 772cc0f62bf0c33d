"""Any server that speaks OpenAI's API: a vendor's, or a vLLM that runs elsewhere."""

from .engine import OpenAIEngine, OpenAIOptions

__all__ = ["OpenAIEngine", "OpenAIOptions"]
