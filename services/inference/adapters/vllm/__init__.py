"""vLLM in this process: its `AsyncLLM` without its HTTP server. The only place that imports it.

Written for 0.26 to 0.32: between them client errors changed their base class, and nothing else that is used here.
"""

from .engine import VllmEngine
from .link import OwnerLink
from .lora import Adapters
from .options import VllmOptions
from .owner import Owner

__all__ = ["Adapters", "Owner", "OwnerLink", "VllmEngine", "VllmOptions"]
