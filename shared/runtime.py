"""What every process sets about Python itself, once, in its `__main__`."""

import gc


def tune_gc() -> None:
    """Collect far less often.

    A frame's deltas live until their readers have seen them; at the default thresholds the collector walks
    them again and again, and takes half of an edge's time (bench/token_plane.py: 1.7 against 0.9 us a token).
    What was imported is never garbage, so it is left out of each walk.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)
