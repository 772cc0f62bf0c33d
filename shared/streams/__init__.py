"""The token plane: how a worker's tokens reach whoever asked for them, at a fraction of a microsecond each.

One frame an engine step and receiver carries every stream's delta. `FrameWriter` is the worker's end,
`Receiver` the asker's; `merge` holds the rules by which a receiver believes or refuses a delta.
"""

from .merge import Cursor, Verdict
from .receiver import Incoming, Receiver
from .rescue import least_fence
from .writer import FrameWriter

__all__ = ["Cursor", "FrameWriter", "Incoming", "Receiver", "Verdict", "least_fence"]
