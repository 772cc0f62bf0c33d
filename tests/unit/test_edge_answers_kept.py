"""Readers go and come back: who is told, who cancels, and who records it."""

import asyncio
from collections.abc import Callable

import pytest

from services.edge.domain.chat import ChatRules
from services.edge.usecases.answering import Answering
from services.edge.usecases.answers import AnswerStream, Parted
from shared.errors import QueueFull, RateLimited, Unavailable
from shared.messages import Text
from tests.chat_edge import PRINCIPAL, Ports
from tests.unit.test_edge_chat import question, read, text_of

GRACE_S = 0.1


@pytest.fixture
def ports() -> Ports:
    ports = Ports()
    ports.jobs.batches = [[Text("Hello")]]
    ports.jobs.hold = True
    return ports


def answering_of(ports: Ports, **rules: float) -> Answering:
    return ports.answering(ChatRules(resume_grace_s=GRACE_S, **rules))  # pyright: ignore[reportArgumentType]


async def until(condition: Callable[[], object], within_s: float = 2) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


async def resumed(answering: Answering) -> AnswerStream:
    answer = await answering.live.resume(PRINCIPAL, "c1")
    assert answer is not None
    return answer


def ends(ports: Ports) -> list[object]:
    return [detail["code"] for action, _, detail in ports.audit.records if action == "chat.end"]


async def test_an_answer_is_let_go_after_the_grace_and_recorded_once(ports: Ports) -> None:
    answering = answering_of(ports)
    answer = await answering.chat(PRINCIPAL, question())
    await anext(answer)
    await answer.leave(may_return=True)
    assert ports.jobs.detached == []
    await until(lambda: ports.jobs.detached)
    await answering.close()
    (job,) = ports.jobs.submitted
    assert (ports.jobs.detached, ports.jobs.cancelled) == ([(job.request, job.stream)], [])
    assert ends(ports) == ["cancelled"]


async def test_an_answer_that_ends_within_the_grace_is_no_cancelled_one(ports: Ports) -> None:
    answering = answering_of(ports)
    answer = await answering.chat(PRINCIPAL, question())
    await answer.leave(may_return=True)
    await ports.jobs.end(ports.jobs.submitted[0])
    await until(lambda: ends(ports))
    await asyncio.sleep(2 * GRACE_S)
    await answering.close()
    assert (ports.jobs.detached, ports.jobs.cancelled, ends(ports)) == ([], [], [""])


async def test_a_reader_who_cannot_return_lets_go_at_once(ports: Ports) -> None:
    answering = answering_of(ports)
    answer = await answering.chat(PRINCIPAL, question())
    await anext(answer)
    await answer.leave()
    await until(lambda: ports.jobs.detached, within_s=GRACE_S / 2)
    await answering.close()


async def test_a_waiting_job_is_cancelled_when_nobody_waits_for_it(ports: Ports) -> None:
    ports.jobs.silent = True
    answering = answering_of(ports)
    answer = await answering.chat(PRINCIPAL, question())
    await answer.leave(may_return=True)
    assert ports.jobs.cancelled == []
    await until(lambda: ports.jobs.cancelled)
    await answering.close()
    assert (len(ports.jobs.cancelled), ends(ports)) == (1, ["cancelled"])


async def test_a_waiting_job_that_another_waits_for_goes_on(ports: Ports) -> None:
    ports.jobs.silent = True
    answering = answering_of(ports)
    asked = await answering.chat(PRINCIPAL, question())
    again = await resumed(answering)
    reading = asyncio.create_task(read(again))
    await asked.leave(may_return=True)
    await asyncio.sleep(2 * GRACE_S)
    assert (ports.jobs.cancelled, ports.jobs.detached) == ([], [])

    (job,) = ports.jobs.submitted
    await ports.jobs.say(job, [Text("Hello")])
    await until(lambda: ports.jobs.detached)
    await ports.jobs.end(job)
    assert text_of(await reading) == "Hello"
    await again.leave()
    await answering.close()
    assert (ports.jobs.cancelled, ports.jobs.detached) == ([], [(job.request, job.stream)])


async def test_a_reader_who_came_later_and_goes_cancels_nothing(ports: Ports) -> None:
    answering = answering_of(ports)
    asked = await answering.chat(PRINCIPAL, question())
    again = await resumed(answering)
    await anext(again)
    await again.leave(may_return=True)
    await until(lambda: ports.jobs.detached)
    assert ports.jobs.detached == [(asked.job.request, again.job.stream)]
    assert (ports.jobs.cancelled, ends(ports)) == ([], [])
    await ports.jobs.end(ports.jobs.submitted[0])
    assert text_of(await read(asked)) == "Hello"
    await asked.leave()
    await answering.close()
    assert ends(ports) == [""]


async def test_a_revoked_reader_of_another_s_stream_only_leaves(ports: Ports) -> None:
    answering = answering_of(ports)
    asked = await answering.chat(PRINCIPAL, question())
    again = await resumed(answering)
    ports.sessions.revoke()
    await until(lambda: ports.jobs.detached and ports.jobs.cancelled)
    assert ports.jobs.detached == [(asked.job.request, again.job.stream)]
    for answer in (asked, again):
        await answer.leave()
    await answering.close()
    assert len(ends(ports)) == 1


async def test_an_answer_without_a_chat_is_cancelled_at_once(ports: Ports) -> None:
    answering = answering_of(ports)
    answer = await answering.chat(PRINCIPAL, question(chat=""))
    await anext(answer)
    await answer.leave(may_return=True)
    await answering.close()
    assert (len(ports.jobs.cancelled), ports.jobs.detached) == (1, [])


async def test_an_edge_that_ends_parts_from_what_goes_on_elsewhere(ports: Ports) -> None:
    answering = answering_of(ports)
    kept = await answering.chat(PRINCIPAL, question())
    left = await answering.chat(PRINCIPAL, question(chat="c2"))
    await left.leave(may_return=True)
    unkept = await answering.chat(PRINCIPAL, question(chat=""))
    answering.refuse()
    with pytest.raises(Unavailable):
        await answering.chat(PRINCIPAL, question())
    answering.following.part()
    with pytest.raises(Parted):
        await read(kept)
    await kept.leave(may_return=True)
    await unkept.leave()
    await answering.close()
    assert ports.jobs.cancelled == [unkept.job.request]
    assert ports.jobs.detached == []


async def test_a_worker_that_dies_with_all_others_ends_the_answer(ports: Ports) -> None:
    """While it has the answer it may only be silent; once that is out, nobody is left who could go on."""
    answering = answering_of(ports, worker_return_s=0)
    answer = await answering.chat(PRINCIPAL, question())
    await anext(answer)
    ports.workers.away = True
    reading = asyncio.create_task(read(answer))
    await asyncio.sleep(1.2)
    assert not reading.done()
    ports.jobs.lose_worker()
    pieces = await asyncio.wait_for(reading, 2)
    assert answer.end is not None
    assert answer.end.failure is not None
    assert answer.end.failure.message == "The model 'fake' has lost its workers."
    assert len(pieces) == 1
    await answer.leave()
    await answering.close()
    assert [event.request for event in ports.history.finished] == [answer.job.request]
    assert ends(ports) == ["unavailable"]


async def test_an_answer_that_has_begun_waits_for_a_worker_to_come_back(ports: Ports) -> None:
    answering = answering_of(ports, worker_return_s=1.5)
    answer = await answering.chat(PRINCIPAL, question())
    await anext(answer)
    ports.workers.away = True
    ports.jobs.lose_worker()
    reading = asyncio.create_task(read(answer))
    await asyncio.sleep(1.2)
    assert not reading.done()
    await asyncio.wait_for(reading, 3)
    assert answer.end is not None
    assert answer.end.failure is not None
    assert answer.end.failure.message == "The model 'fake' has lost its workers."
    await answer.leave()
    await answering.close()


async def test_too_many_of_one_users_leave_others_alone(ports: Ports) -> None:
    answering = answering_of(ports, max_streams_per_user=1)
    answer = await answering.chat(PRINCIPAL, question())
    with pytest.raises(RateLimited):
        await answering.chat(PRINCIPAL, question(chat="c2"))
    again = await resumed(answering)
    with pytest.raises(RateLimited):
        await answering.live.resume(PRINCIPAL, "c1")
    for one in (answer, again):
        await one.leave()
    await until(lambda: len(ports.jobs.detached) == 2)
    other = await answering.chat(PRINCIPAL, question(chat="c2"))
    await other.close()
    await answering.close()


async def test_a_full_queue_is_told_before_anything_costly(ports: Ports) -> None:
    ports.jobs.refusal = QueueFull("The queue is full.")
    ports.workers.rate = 500.0
    answering = answering_of(ports)
    with pytest.raises(QueueFull) as first:
        await answering.chat(PRINCIPAL, question())
    assert first.value.retry_after_s == 20.0
    stored = len(ports.history.begun)
    with pytest.raises(QueueFull):
        await answering.chat(PRINCIPAL, question(chat="c2"))
    assert (len(ports.history.begun), len(ports.knowledge.queries)) == (stored, 1)
    ports.jobs.refusal = None
    await asyncio.sleep(0.3)
    answer = await answering.chat(PRINCIPAL, question(chat="c3"))
    await answer.close()
    await answering.close()
