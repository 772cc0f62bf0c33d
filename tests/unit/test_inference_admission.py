"""Slots: pulls never ask for more jobs than can run."""

import asyncio

import pytest

from services.inference.domain.admission import Slots


def opened(total: int) -> Slots:
    slots = Slots()
    slots.open(total)
    return slots


async def waits(slots: Slots) -> bool:
    try:
        await asyncio.wait_for(slots.reserve(), 0.01)
    except TimeoutError:
        return True
    return False


async def test_a_pull_gets_every_free_slot_and_the_next_waits_for_one() -> None:
    slots = opened(4)
    assert await slots.reserve() == 4
    slots.pulled(3)
    assert await slots.reserve() == 1
    slots.pulled(1)
    assert await waits(slots)
    slots.release()
    assert await slots.reserve() == 1


async def test_there_are_none_until_the_engine_is_ready() -> None:
    slots = Slots()
    waiting = asyncio.create_task(slots.reserve())
    await asyncio.sleep(0)
    assert not waiting.done()
    slots.open(2)
    assert await waiting == 2


async def test_resumes_have_the_spare_slots_while_new_jobs_hold_the_rest() -> None:
    slots = opened(20)
    assert await slots.reserve() == 20
    assert await slots.reserve_resumes() == 2


async def test_resumes_in_numbers_go_before_new_jobs() -> None:
    slots = opened(20)
    slots.pulled_resumes(await slots.reserve_resumes(), got=2)
    assert await waits(slots)
    assert await slots.reserve_resumes() == 20
    slots.pulled_resumes(20, got=5)
    assert await slots.reserve() == 13


async def test_a_pull_that_waits_holds_no_slot_and_takes_one_for_what_it_brings() -> None:
    slots = opened(2)
    slots.pulled(await slots.reserve() - 1)
    assert await slots.take(resumed=False)
    assert slots.running == 2
    assert not await slots.take(resumed=False)
    assert await slots.take(resumed=True)  # the spare one
    assert not await slots.take(resumed=True)
    slots.release()
    slots.release()
    assert await slots.take(resumed=False)


async def test_what_a_pull_has_reserved_may_be_left_over() -> None:
    slots = opened(3)
    await slots.reserve()
    waiting = asyncio.create_task(slots.take(resumed=False))
    await asyncio.sleep(0)
    assert not waiting.done()
    slots.pulled(2)
    assert await waiting
    assert slots.running == 3


async def test_nothing_is_taken_while_the_engine_is_away_or_answers_wait_to_go_on() -> None:
    slots = Slots()
    assert not await slots.take(resumed=False)
    slots.open(20)
    slots.pulled_resumes(2, got=2)
    assert not await slots.take(resumed=False)
    slots.pulled_resumes(2, got=0)
    assert await slots.take(resumed=False)


@pytest.mark.parametrize("total", [1, 7, 256])
async def test_total_and_spare_are_never_exceeded(total: int) -> None:
    slots = opened(total)
    for _ in range(3):
        resumes = asyncio.create_task(slots.reserve_resumes())
        new = asyncio.create_task(slots.reserve())
        await asyncio.sleep(0)
        if resumes.done():
            slots.pulled_resumes(resumes.result(), resumes.result())
        if new.done():
            slots.pulled(new.result())
        resumes.cancel()
        new.cancel()
    assert slots.running <= total + max(1, total // 10)


async def test_closing_wakes_whoever_waits() -> None:
    slots = opened(1)
    slots.pulled(await slots.reserve())
    waiting = asyncio.create_task(slots.reserve())
    await asyncio.sleep(0)
    slots.close()
    assert await waiting == 0
    assert await slots.reserve_resumes() == 0
