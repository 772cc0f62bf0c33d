"""An answer that goes on, by the chat use case alone."""

import pytest

from services.edge.domain.chat import ChatRules, Question
from services.edge.domain.parts import MessagePart, Outcome, Outcomes
from shared.errors import Conflict, InvalidRequest, QueueFull
from shared.messages import ChatMessage, FunctionCall, Text
from tests.chat_edge import PRINCIPAL, Ports
from tests.fakes.chat import finished

CALL = FunctionCall("c1", "turn", "{}")
OUTCOMES = Outcomes("a1", (Outcome("c1", "output-available", 1),))


def going_on(chat: str = "c1") -> Question:
    turns = (ChatMessage("user", "Turn."), ChatMessage("assistant", "", tool_calls=(CALL,)))
    messages = (*turns, ChatMessage("tool", "1", tool_call_id="c1"))
    return Question(model="", messages=messages, retrieve=True, chat=chat, outcomes=OUTCOMES, goes_on=True)


@pytest.fixture
def ports() -> Ports:
    ports = Ports()
    ports.jobs.batches = finished([Text("Turned.")])
    return ports


async def test_it_keeps_its_id_and_nothing_is_searched(ports: Ports) -> None:
    answering = ports.answering()
    answer = await answering.chat(PRINCIPAL, going_on())
    async for _ in answer:
        pass
    await answering.close()
    (job,) = ports.jobs.submitted
    (going,) = ports.history.gone_on
    assert (job.message_id, going.request, going.outcomes) == ("a1", job.request, OUTCOMES)
    assert (answer.goes_on, answer.beginning) == (True, ())
    assert (ports.history.begun, ports.knowledge.queries) == ([], [])
    assert [action for action, _, _ in ports.audit.records] == ["chat.start", "chat.end"]


async def test_one_that_is_written_for_too_long_is_refused_and_nothing_runs(ports: Ports) -> None:
    ports.history.conflicts = 1_000
    answering = ports.answering(ChatRules(patience_s=0.2))
    with pytest.raises(Conflict):
        await answering.chat(PRINCIPAL, going_on())
    await answering.close()
    assert ports.jobs.submitted == []
    assert ports.audit.records[-1][1] == "failed"


async def test_one_that_no_queue_takes_is_closed_again(ports: Ports) -> None:
    ports.jobs.refusal = QueueFull("The queue is full.")
    answering = ports.answering()
    with pytest.raises(QueueFull):
        await answering.chat(PRINCIPAL, going_on())
    await answering.close()
    assert [event.request for event in ports.history.finished] == [ports.history.gone_on[0].request]


async def test_one_that_is_not_there_is_refused(ports: Ports) -> None:
    ports.history.refusal = InvalidRequest("There is no such answer to go on with.")
    answering = ports.answering()
    with pytest.raises(InvalidRequest):
        await answering.chat(PRINCIPAL, going_on())
    await answering.close()
    assert ports.jobs.submitted == []


async def test_who_reads_on_gets_what_there_was(ports: Ports) -> None:
    ports.jobs.hold = True
    ports.history.held = (MessagePart("step-start"), MessagePart("text", text="Look.", state="done"))
    answering = ports.answering()
    first = await answering.chat(PRINCIPAL, going_on())
    again = await answering.live.resume(PRINCIPAL, "c1")
    assert again is not None
    assert (again.beginning, again.goes_on) == (ports.history.held, False)
    for answer in (first, again):
        await answer.close()
    await answering.close()
