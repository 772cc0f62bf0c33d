"""Who reads, who may be in the engine, and whose turn a free slot is."""

import asyncio

from services.inference.domain.audience import LEASE_S, Audience, Leases
from services.inference.domain.room import Room
from services.inference.domain.turns import BATCH_AFTER_JOBS, BATCH_AFTER_S, EMPTY_S, Turns


def test_a_reader_is_in_the_audience_once_and_leaves_once() -> None:
    audience = Audience("a", 1, now=0.0)
    readers = audience.readers
    audience.add("b", 7, now=0.0)
    audience.add("b", 7, now=1.0)
    assert readers == [("a", 1), ("b", 7)]
    audience.remove("a", 1)
    audience.remove("a", 1)
    assert readers == [("b", 7)]
    audience.remove("b", 7)
    assert audience.is_empty


def test_who_takes_over_writes_to_those_that_say_they_read_and_have_not_left_since() -> None:
    audience = Audience("a", 1, now=0.0)
    audience.settle("b", (7, 8), now=0.0)
    assert audience.readers == [("a", 1), ("b", 7), ("b", 8)]
    audience.settle("a", (), now=0.0)
    audience.remove("c", 3)
    audience.settle("c", (3, 4), now=0.0)
    assert audience.readers == [("b", 7), ("b", 8), ("c", 4)]
    audience.add("c", 3, now=0.0)  # it has attached again
    assert audience.readers[-1] == ("c", 3)


def test_a_receiver_that_was_never_heard_has_its_time_from_when_it_came() -> None:
    audience, leases = Audience("a", 1, now=100.0), Leases()
    audience.lapse(leases, now=100.0 + LEASE_S)
    assert not audience.is_empty
    audience.lapse(leases, now=100.1 + LEASE_S)
    assert audience.is_empty


def test_a_lease_keeps_all_streams_of_a_receiver() -> None:
    audience, leases = Audience("a", 1, now=0.0), Leases()
    audience.add("a", 2, now=0.0)
    audience.add("b", 1, now=0.0)
    leases.hear("a", now=10.0)
    audience.lapse(leases, now=10.0 + LEASE_S)
    assert audience.readers == [("a", 1), ("a", 2)]


def test_time_in_which_we_were_deaf_does_not_count() -> None:
    audience, leases = Audience("a", 1, now=0.0), Leases()
    leases.renew(now=1000.0)
    audience.lapse(leases, now=1000.0 + LEASE_S)
    assert not audience.is_empty


async def test_whoever_must_be_alone_is() -> None:
    room, inside, seen = Room(), set[str](), list[set[str]]()

    async def work(name: str, *, alone: bool = False) -> None:
        async with room.entered(alone=alone):
            inside.add(name)
            await asyncio.sleep(0.01)
            seen.append(set(inside))
            inside.remove(name)

    await asyncio.gather(
        work("a"), work("b"), work("x", alone=True), work("y", alone=True), work("c"), work("d")
    )
    assert {"a", "b"} in seen
    assert {"x"} in seen
    assert {"y"} in seen
    assert {"c", "d"} in seen
    assert not any(("x" in group or "y" in group) and len(group) > 1 for group in seen)


async def test_whoever_gives_up_waiting_to_be_alone_keeps_nobody_out() -> None:
    room = Room()
    async with room.entered(alone=False):
        waiting = asyncio.create_task(room.entered(alone=True).__aenter__())
        await asyncio.sleep(0)
        opened = asyncio.create_task(room.opened())
        await asyncio.sleep(0)
        assert not opened.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.wait_for(opened, 1)
        async with room.entered(alone=False):
            pass


def test_batch_gets_its_turn_after_sixteen_interactive_jobs() -> None:
    turns = Turns(now=0.0)
    turns.interactive(BATCH_AFTER_JOBS - 1)
    assert not turns.batch_is_due(0.1)
    turns.interactive(1)
    assert turns.batch_is_due(0.1)
    turns.batch(1, now=0.1)
    assert not turns.batch_is_due(0.1)


def test_or_after_five_seconds() -> None:
    turns = Turns(now=0.0)
    turns.interactive(1)
    assert not turns.batch_is_due(BATCH_AFTER_S - 0.1)
    assert turns.batch_is_due(BATCH_AFTER_S)


def test_where_no_batch_job_waited_it_is_not_asked_for_at_every_turn() -> None:
    turns = Turns(now=0.0)
    turns.batch(0, now=1.0)
    turns.interactive(1000)
    assert not turns.batch_is_due(1.0 + EMPTY_S / 2)
    assert turns.batch_is_due(1.0 + EMPTY_S)
