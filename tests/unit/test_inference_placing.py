"""To which worker a conversation goes, and what becomes of a job that nobody else takes."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Literal

import msgspec
import pytest

from services.inference.domain import placing
from services.inference.domain.admission import Slots
from services.inference.domain.room import Room
from services.inference.ports import Ticket
from services.inference.usecases import PlaceJobs
from shared.messages import ChatJob, ChatMessage
from tests.unit.test_inference_pull import HeldTicket

FOUR = {"w1": 16, "w2": 16, "w3": 16, "w4": 16}


def role_at(place: int) -> Literal["system", "user", "assistant"]:
    return "system" if place == 0 else "user" if place % 2 else "assistant"


def job(*said: str, user: str = "u", chat: str = "") -> ChatJob:
    """A conversation in turns, beginning with a system prompt."""
    messages = tuple(ChatMessage(role=role_at(place), content=text) for place, text in enumerate(said))
    made = ChatJob(
        request="r", user=user, model="m", messages=messages, inbox="i", stream=1, created_at=0, deadline=0
    )
    return msgspec.structs.replace(made, chat=chat)


def keys(count: int) -> list[bytes]:
    return [placing.key(job("system", f"question {number}")) for number in range(count)]


def test_each_turn_of_a_conversation_has_the_same_key() -> None:
    first = placing.key(job("Be brief.", "What is it?"))
    assert placing.key(job("Be brief.", "What is it?", "A wheel.", "And then?")) == first
    assert placing.key(job("Be brief.", "What was it?")) != first
    assert placing.key(job("Be long.", "What is it?")) != first
    assert placing.key(job("Be brief.", "What is it?", user="another")) != first


def test_a_conversation_with_an_id_keeps_its_key_whatever_is_said() -> None:
    first = placing.key(job("Be brief.", "What is it?", chat="c1"))
    assert placing.key(job("Edited.", "Something else", chat="c1")) == first
    assert placing.key(job("Be brief.", "What is it?", chat="c2")) != first
    assert placing.key(job("Be brief.", "What is it?", chat="c1", user="another")) != first


def test_workers_are_first_in_order_as_often_as_their_slots_say() -> None:
    first = Counter(placing.order(key, {"large": 48, "a": 16, "b": 16})[0] for key in keys(4000))
    assert first["large"] / 4000 == pytest.approx(0.6, abs=0.03)
    assert first["a"] / 4000 == pytest.approx(0.2, abs=0.03)


def test_a_worker_that_joins_takes_its_share_and_moves_nothing_else() -> None:
    moved = Counter[str]()
    for key in keys(4000):
        before, after = placing.order(key, FOUR), placing.order(key, {**FOUR, "w5": 16})
        assert [worker for worker in after if worker != "w5"] == before
        moved[after[0] if after[0] != before[0] else "stayed"] += 1
    assert moved.keys() == {"w5", "stayed"}
    assert moved["w5"] / 4000 == pytest.approx(0.2, abs=0.03)


class Others:
    """Those named in `taking` take what they are offered. `beside`: who has one cache with the worker in question,
    itself included."""

    def __init__(
        self, taking: set[str], known: Mapping[str, int] = FOUR, beside: Collection[str] = ()
    ) -> None:
        self.offered: list[str] = []
        self.beside = beside
        self._taking = taking
        self._known = known

    def serving(self, model: str) -> Mapping[str, int]:
        return self._known

    def shares_cache(self, worker: str) -> bool:
        return worker in self.beside

    async def offer(self, worker: str, ticket: Ticket) -> bool:
        self.offered.append(worker)
        return worker in self._taking


def order_of(told: ChatJob) -> list[str]:
    return placing.order(placing.key(told), FOUR)


async def placed(others: Others, me: str, told: ChatJob, *, room: bool = True) -> bool:
    others.beside = {*others.beside, me}
    return await PlaceJobs(worker=me, peers=others, has_room=lambda: room).elsewhere(HeldTicket(told))


async def test_the_first_in_order_gets_it_and_keeps_its_own() -> None:
    told = job("system", "question")
    first, *_, last = order_of(told)
    others = Others(set(FOUR))
    assert await placed(others, last, told)
    assert others.offered == [first]
    assert not await placed(others, first, told)
    assert others.offered == [first]


async def test_what_its_worker_refuses_goes_to_the_next_which_may_be_this_one() -> None:
    told = job("system", "question")
    first, second, third, last = order_of(told)
    others = Others({second, third})
    assert await placed(others, last, told)
    assert others.offered == [first, second]
    others = Others(set())
    assert not await placed(others, second, told)
    assert others.offered == [first]


async def test_what_nobody_takes_runs_here_after_three_offers() -> None:
    told = job("system", "question")
    first, second, third, last = order_of(told)
    others = Others(set())
    assert not await placed(others, last, told)
    assert others.offered == [first, second, third]


async def test_a_worker_with_no_room_left_offers_what_is_its_own() -> None:
    told = job("system", "question")
    first, second, *_ = order_of(told)
    others = Others({second})
    assert await placed(others, first, told, room=False)
    assert others.offered == [second]


async def test_front_ends_of_one_engine_pass_nothing_among_them() -> None:
    told = job("system", "question")
    first, second, _, last = order_of(told)
    others = Others(set(FOUR), beside={first, last})
    assert not await placed(others, last, told)
    assert others.offered == []
    others = Others(set(FOUR), beside={second, last})
    assert await placed(others, last, told)
    assert others.offered == [first]


async def test_a_front_end_with_no_room_left_asks_the_others_of_its_engine() -> None:
    told = job("system", "question")
    first, *_, last = order_of(told)
    others = Others(set(FOUR), beside={first, last})
    assert await placed(others, last, told, room=False)
    assert others.offered == [first]


@pytest.mark.parametrize("fields", [{"priority": "batch"}, {"attempt": 2}])
async def test_batch_jobs_and_later_attempts_are_not_offered(fields: dict[str, object]) -> None:
    told = msgspec.structs.replace(job("system", "question"), **fields)
    others = Others(set(FOUR))
    assert not await placed(others, order_of(told)[-1], told)
    assert others.offered == []


async def test_alone_there_is_nobody_to_ask() -> None:
    others = Others(set(FOUR), known={"me": 16})
    assert not await placed(others, "me", job("system", "question"), room=False)
    assert others.offered == []


async def test_offered_jobs_have_slots_and_beside_a_pull_the_spare_ones() -> None:
    slots = Slots()
    assert not slots.take_offered()  # no engine yet
    slots.open(20)
    assert await slots.reserve() == 20
    assert [slots.take_offered() for _ in range(3)] == [
        True,
        True,
        False,
    ]  # a pull may fill all: ten in a hundred more
    slots.pulled(18)
    assert slots.running == 20
    assert not slots.is_over
    assert not slots.take_offered()
    slots.release()
    assert slots.take_offered()
    slots.close()
    slots.release()
    assert not slots.take_offered()


async def test_a_pull_leaves_half_of_the_free_slots_to_offers() -> None:
    slots = Slots()
    slots.open(20)
    assert await slots.reserve(half=True) == 10
    assert [slots.take_offered() for _ in range(13)] == [*[True] * 12, False]
    slots.pulled(7)
    assert await slots.reserve(half=True) == 1


async def test_a_pull_may_be_told_to_take_few() -> None:
    slots = Slots()
    slots.open(20)
    assert await slots.reserve(half=True, most=8) == 8
    slots.pulled(8)
    assert await slots.reserve(half=True, most=8) == 6


async def test_a_room_is_shut_while_somebody_is_or_wants_to_be_alone() -> None:
    room = Room()
    assert room.is_open
    async with room.entered(alone=True):
        assert not room.is_open
    assert room.is_open
