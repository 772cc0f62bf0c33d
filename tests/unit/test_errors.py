"""Errors that cross the bus come out as what they were, or as what their code says to everybody."""

import pytest

from shared.errors import NotTaken, QueueFull, SluiceError, Unavailable, from_failure, to_failure


@pytest.mark.parametrize(
    ("sent", "kind"), [(NotTaken, Unavailable), (Unavailable, Unavailable), (QueueFull, QueueFull)]
)
def test_a_code_stands_for_one_kind(sent: type[SluiceError], kind: type[SluiceError]) -> None:
    """That nobody took a message is certain only to whoever sent it: to others the part is away."""
    failure = to_failure(sent("away", retry_after_s=2.0))
    assert type(from_failure(failure)) is kind
    assert failure.retry_after_s == 2.0
