"""The chat use case, called as a caller without HTTP would."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest

from services.edge.domain.chat import ChatRules, Question
from services.edge.usecases.answering import Answering
from services.edge.usecases.answers import AnswerStream
from shared.errors import (
    ContextLengthExceeded,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    QueueFull,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from shared.messages import ChatMessage, Failure, Passage, Piece, Text, end_of, parts_of
from tests.chat_edge import PRINCIPAL, Ports
from tests.fakes.chat import USAGE, finished

PASSAGE = Passage("d1", "Handbook", 3, "The gate opens at six.", 120, 142, 0.8)


@pytest.fixture
def ports() -> Ports:
    ports = Ports()
    ports.jobs.batches = finished([Text("Hello")], [Text(" there")])
    return ports


def question(text: str = "When does the gate open?", **fields: object) -> Question:
    asked = Question(
        model="", messages=(ChatMessage("user", text),), retrieve=True, chat="c1", question_id="q1"
    )
    return msgspec.structs.replace(asked, **fields)


@asynccontextmanager
async def asking(answering: Answering, asked: Question) -> AsyncGenerator[AnswerStream]:
    answer = await answering.chat(PRINCIPAL, asked)
    try:
        yield answer
    finally:
        await answer.close()
        await answering.close()


async def read(answer: AnswerStream) -> list[Piece]:
    return [piece async for pieces in answer for piece in pieces]


def text_of(pieces: list[Piece]) -> str:
    return "".join(part.text for part in parts_of(pieces) if isinstance(part, Text))


async def test_an_answer_goes_from_admission_to_its_last_record(ports: Ports) -> None:
    ports.knowledge.found = (PASSAGE,)
    async with asking(ports.answering(), question(model="gpt-4-local")) as answer:
        pieces = await read(answer)

    assert text_of(pieces) == "Hello there"
    assert end_of(pieces) is not None
    assert ports.jobs.cancelled == []
    (job,) = ports.jobs.submitted
    assert (job.model, job.passages, job.chat) == ("fake", (PASSAGE,), "c1")
    (turn,) = ports.history.begun
    assert (turn.question_id, turn.text, turn.title) == (
        "q1",
        "When does the gate open?",
        "When does the gate open?",
    )
    assert (turn.request, turn.message_id) == (job.request, job.message_id)
    (start, end) = ports.audit.records
    assert start[:2] == ("chat.start", "ok")
    assert end[:2] == ("chat.end", "ok")
    assert (end[2]["prompt_tokens"], end[2]["completion_tokens"]) == (
        USAGE.prompt_tokens,
        USAGE.completion_tokens,
    )


async def test_a_closed_answer_is_cancelled_and_recorded_once(ports: Ports) -> None:
    ports.jobs.hold = True
    answering = ports.answering()
    answer = await answering.chat(PRINCIPAL, question())
    await anext(answer)
    await answer.close()
    await answer.close()
    await answering.close()

    assert ports.jobs.cancelled == [ports.jobs.submitted[0].request]
    assert [(action, detail.get("code")) for action, _, detail in ports.audit.records] == [
        ("chat.start", None),
        ("chat.end", "cancelled"),
    ]


async def test_a_reader_that_is_cancelled_midway_frees_the_worker(ports: Ports) -> None:
    ports.jobs.hold = True
    answering = ports.answering()
    begun = asyncio.Event()

    async def reader() -> None:
        async with asking(answering, question()) as answer:
            async for _ in answer:
                begun.set()

    reading = asyncio.create_task(reader())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await answering.close()

    assert ports.jobs.cancelled == [ports.jobs.submitted[0].request]


async def test_without_the_retriever_the_answer_comes_with_a_notice(ports: Ports) -> None:
    ports.knowledge.away = True
    async with asking(ports.answering(), question()) as answer:
        assert text_of(await read(answer)) == "Hello there"
        assert [notice.code for notice in answer.notices] == ["retrieval_unavailable"]


async def test_nothing_is_looked_up_unless_asked_for(ports: Ports) -> None:
    async with asking(ports.answering(), question(retrieve=False)):
        assert ports.knowledge.queries == []


async def test_no_turn_is_stored_for_a_question_outside_a_conversation(ports: Ports) -> None:
    async with asking(ports.answering(), question(chat="")) as answer:
        await read(answer)
    assert ports.history.begun == []
    assert len(ports.audit.records) == 2


async def test_a_revoked_user_loses_an_open_stream(ports: Ports) -> None:
    ports.jobs.hold = True
    async with asking(ports.answering(), question()) as answer:
        await anext(answer)
        ports.sessions.revoke()
        pieces = await asyncio.wait_for(read(answer), 2)
    end = end_of(pieces)
    assert end is not None
    assert end.failure is not None
    assert end.failure.code == Unauthorized.code
    assert len(ports.jobs.cancelled) == 1


async def test_a_revoked_user_who_reads_nothing_holds_no_worker(ports: Ports) -> None:
    ports.jobs.hold = True
    async with asking(ports.answering(), question()):
        ports.sessions.revoke()
        async with asyncio.timeout(2):
            while not ports.jobs.cancelled:
                await asyncio.sleep(0.01)


async def test_the_deadline_ends_an_answer(ports: Ports) -> None:
    ports.jobs.hold = True
    async with asking(ports.answering(ChatRules(deadline_s=0.2)), question()) as answer:
        pieces = await asyncio.wait_for(read(answer), 2)
    end = end_of(pieces)
    assert end is not None
    assert end.failure is not None
    assert end.failure.code == "deadline_exceeded"


async def test_a_waiting_job_whose_workers_have_gone_is_given_up(ports: Ports) -> None:
    ports.jobs.silent = True
    async with asking(ports.answering(), question()) as answer:
        ports.workers.away = True
        with pytest.raises(Unavailable):
            await asyncio.wait_for(answer.first(), 2)
    assert len(ports.jobs.cancelled) == 1


async def test_an_answer_that_fails_before_it_begins_raises_its_error(ports: Ports) -> None:
    ports.jobs.batches = []
    ports.jobs.failure = Failure("context_length_exceeded", "The model takes 4096 tokens.")
    async with asking(ports.answering(), question()) as answer:
        with pytest.raises(ContextLengthExceeded):
            await answer.first()
    assert ports.audit.records[-1][1] == "failed"


async def test_waiting_for_the_first_deltas_takes_none_of_them(ports: Ports) -> None:
    async with asking(ports.answering(), question()) as answer:
        await answer.first()
        assert text_of(await read(answer)) == "Hello there"


async def test_a_refused_job_closes_its_turn(ports: Ports) -> None:
    ports.jobs.refusal = QueueFull("The queue is full.")
    answering = ports.answering()
    with pytest.raises(QueueFull):
        await answering.chat(PRINCIPAL, question())
    await answering.close()
    assert [event.request for event in ports.history.finished] == [ports.history.begun[0].request]
    assert [(action, outcome) for action, outcome, _ in ports.audit.records] == [
        ("chat.start", "ok"),
        ("chat.end", "failed"),
    ]


async def test_another_users_conversation_is_not_found_and_nothing_runs(ports: Ports) -> None:
    ports.history.refusal = NotFound("There is no such conversation.")
    answering = ports.answering()
    with pytest.raises(NotFound):
        await answering.chat(PRINCIPAL, question())
    await answering.close()
    assert ports.jobs.submitted == []


async def test_no_more_answers_at_a_time_than_the_rules_allow(ports: Ports) -> None:
    ports.jobs.hold = True
    answering = ports.answering(ChatRules(max_streams=1))
    first = await answering.chat(PRINCIPAL, question())
    with pytest.raises(QueueFull):
        await answering.chat(PRINCIPAL, question())
    await first.close()
    second = await answering.chat(PRINCIPAL, question())
    await second.close()
    await answering.close()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (question(messages=()), InvalidRequest),
        (question(messages=(ChatMessage("user", "x"),) * 3), InvalidRequest),
        (question("x" * 101), TooLarge),
        (question("  \n"), InvalidRequest),
        (question(messages=(ChatMessage("assistant", "x"),)), InvalidRequest),
        (question(model="nobody"), ModelNotFound),
    ],
)
async def test_bad_questions_leave_no_trace(ports: Ports, asked: Question, error: type[Exception]) -> None:
    answering = ports.answering(ChatRules(max_messages=2, max_characters=100))
    with pytest.raises(error):
        await answering.chat(PRINCIPAL, asked)
    assert ports.history.begun == []
    assert ports.jobs.submitted == []
    assert ports.audit.records == []
