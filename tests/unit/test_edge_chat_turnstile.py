"""The queue in front of the database."""

import asyncio

import pytest

from services.edge.usecases.turnstile import Turnstile
from shared.errors import QueueFull, Unavailable


class Room:
    """Counts who is inside; nobody leaves before the door opens."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.served = 0
        self.door = asyncio.Event()
        self.away = False

    async def __call__(self) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.door.wait()
            if self.away:
                raise Unavailable("The database does not answer.")
            self.served += 1
        finally:
            self.inside -= 1


def enter(turnstile: Turnstile, room: Room, callers: int) -> "list[asyncio.Task[None]]":
    return [asyncio.create_task(turnstile(room)) for _ in range(callers)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_burst_is_served_a_few_at_a_time() -> None:
    turnstile, room = Turnstile(width=3, waiting=100, patience_s=5), Room()
    callers = enter(turnstile, room, 20)
    await settle()
    assert room.inside == 3
    room.door.set()
    await asyncio.gather(*callers)
    assert (room.most, room.served) == (3, 20)


async def test_an_outage_is_told_to_all_who_wait_and_over_for_the_next() -> None:
    turnstile, room = Turnstile(width=2, waiting=100, patience_s=5), Room()
    callers = enter(turnstile, room, 20)
    await settle()
    room.away = True
    room.door.set()
    results = await asyncio.wait_for(asyncio.gather(*callers, return_exceptions=True), 1)
    assert {str(result) for result in results} == {"The database does not answer."}
    room.away = False
    await asyncio.gather(*enter(turnstile, room, 10))
    assert (room.most, room.served) == (2, 10)


async def test_neither_the_queue_nor_the_wait_is_endless() -> None:
    turnstile, room = Turnstile(width=1, waiting=1, patience_s=0.05), Room()
    inside, waiting, refused = enter(turnstile, room, 3)
    with pytest.raises(QueueFull):
        await refused
    assert not waiting.done()
    with pytest.raises(QueueFull):
        await waiting
    room.door.set()
    await inside
    await turnstile(room)


async def test_who_leaves_the_queue_takes_no_place_with_them() -> None:
    turnstile, room = Turnstile(width=1, waiting=10, patience_s=5), Room()
    inside, impatient, waiting = enter(turnstile, room, 3)
    await settle()
    impatient.cancel()
    room.door.set()
    await asyncio.gather(inside, waiting)
    assert impatient.cancelled()
    await asyncio.wait_for(turnstile(room), 1)
    assert room.most == 1


async def test_a_place_that_comes_while_leaving_goes_to_the_next() -> None:
    turnstile, room = Turnstile(width=1, waiting=10, patience_s=5), Room()
    inside, leaving, waiting = enter(turnstile, room, 3)
    await settle()
    room.door.set()
    while not inside.done():
        await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    await asyncio.wait_for(waiting, 1)
    await asyncio.wait_for(turnstile(room), 1)
