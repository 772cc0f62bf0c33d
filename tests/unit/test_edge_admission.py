"""Who may ask, and what the others are told to wait."""

import pytest

from services.edge.domain.drain import DrainRate
from services.edge.usecases.admission import Admission
from shared.errors import QueueFull, RateLimited, Unavailable


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def admission(clock: Clock, *, rate: float = 4.0, streams: int = 10, each: int = 2) -> Admission:
    return Admission(
        max_streams=streams,
        max_streams_per_user=each,
        queue_jobs=100,
        drain_rate=lambda: rate,
        clock=clock,
    )


def test_a_user_has_so_many_answers_at_a_time() -> None:
    door = admission(Clock())
    door.enter("ada")
    door.enter("ada")
    with pytest.raises(RateLimited) as caught:
        door.enter("ada")
    assert caught.value.retry_after_s == 1.0
    door.enter("eve")
    door.leave("ada")
    door.enter("ada")


def test_an_edge_has_so_many_answers_at_a_time() -> None:
    door = admission(Clock(), streams=2)
    door.enter("ada")
    door.enter("eve")
    with pytest.raises(QueueFull):
        door.enter("joe")
    door.leave("eve")
    door.enter("joe")


@pytest.mark.parametrize(("rate", "wait_s"), [(4.0, 25.0), (1e6, 1.0), (0.1, 60.0), (0.0, 60.0)])
def test_the_wait_is_what_the_queue_takes_to_drain(rate: float, wait_s: float) -> None:
    door = admission(Clock(), rate=rate)
    assert door.queue_refused().retry_after_s == wait_s
    with pytest.raises(QueueFull) as caught:
        door.enter("ada")
    assert caught.value.retry_after_s == wait_s


def test_one_at_a_time_tries_a_queue_that_was_full() -> None:
    clock = Clock()
    door = admission(clock)
    door.queue_refused()
    clock.now += 0.3
    door.enter("ada")
    with pytest.raises(QueueFull):
        door.enter("eve")
    door.queue_took()
    door.enter("eve")


def test_nobody_comes_in_at_the_end() -> None:
    door = admission(Clock())
    door.enter("ada")
    door.close()
    with pytest.raises(Unavailable):
        door.enter("ada")
    door.leave("ada")


def test_the_drain_rate_is_of_all_workers_and_of_late() -> None:
    rate = DrainRate(window_s=10.0)
    assert rate.per_second() == 0.0
    for at in range(31):
        rate.note("a", at * 2, float(at))
        rate.note("b", 5, float(at))
    assert rate.per_second() == 2.0
    rate.note("a", 1, 31.0)  # started anew
    assert rate.per_second() == 0.0
    rate.note("a", 4, 32.0)
    assert rate.per_second() == 3.0
    rate.forget("a")
    assert rate.per_second() == 0.0
