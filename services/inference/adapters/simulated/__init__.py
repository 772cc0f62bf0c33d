"""An engine without a model: a token clock whose every token can be told beforehand."""

from .engine import SimulatedEngine, SimulatedOptions

__all__ = ["SimulatedEngine", "SimulatedOptions"]
