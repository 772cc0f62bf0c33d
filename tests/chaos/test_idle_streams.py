"""Many streams open at once, each with a token now and then: a short form of `bench/idle_streams.py`."""

from pathlib import Path

import pytest

from bench.idle_streams import measure
from tests.chaos.crowd import FULL

STREAMS = 2_000 if FULL else 500
MIB_A_STREAM = 1024 / 10_000
"""1 GiB for 10,000."""

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]


async def test_none_is_dropped_and_memory_is_bounded(tmp_path: Path) -> None:
    found = await measure(tmp_path / "cluster", STREAMS, 20, step_ms=1000, open_per_s=80)
    assert (found.refused, found.dropped, found.silent) == (0, 0, 0)
    assert found.tokens > 0.95 * found.tokens_due
    assert found.edge_mib_most - found.edge_mib_before < MIB_A_STREAM * STREAMS
