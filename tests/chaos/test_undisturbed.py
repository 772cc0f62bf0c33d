"""No fault: what the oracle says of a cluster that is left alone; and that it sees what is wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.oracle import expected, judge, shown_faults
from tests.chaos.reading import Reading

pytestmark = pytest.mark.timeout(120)


async def test_the_oracle_finds_nothing_where_nothing_happened(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape(services=("audit",))) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=60, edges=(0, 1)) as readers:
            await readers.over(30)
        await judge(cluster, readers.readings, client.token)
        unasked = Reading("Question 0", 60)
        with pytest.raises(AssertionError, match="faults"):
            await judge(cluster, [*readers.readings, unasked], client.token, within_s=0.5)


def test_the_oracle_sees_each_fault_of_a_stream() -> None:
    said = expected("Why?", 30)
    whole = Reading("Why?", 30, status=200, text=said, ends=["finish"], message_ids={"m"})
    assert not shown_faults(whole)
    words = said.split(" ")
    repeated, left_out = " ".join([*words[:9], *words[8:]]), " ".join([*words[:9], *words[10:]])
    bad = [
        replace(whole, text=repeated),
        replace(whole, text=left_out),
        replace(whole, text=said[:-1]),
        replace(whole, ends=[]),
        replace(whole, ends=["finish", "finish"]),
        replace(whole, ends=["abort"]),
        replace(whole, errors=["The engine gave up."]),
        replace(whole, message_ids={"m", "n"}),
        replace(whole, status=503),
    ]
    assert all(shown_faults(reading) for reading in bad)
