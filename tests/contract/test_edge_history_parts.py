"""What `ports/history.py` promises of files, calls of functions and their results."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from services.edge.domain.conversations import GoingOn, Turn
from services.edge.domain.parts import KEPT_CHARACTERS, MessagePart, Outcome, Outcomes
from services.edge.ports.history import History
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.messages import (
    Answer,
    ChatCompleted,
    ChatFailed,
    Failure,
    FinishReason,
    FunctionCall,
    Usage,
)
from tests.histories import KINDS, SOURCE, opened

NOTE = MessagePart(
    "file", media_type="text/plain", filename="a.txt", size=2, url="data:text/plain;base64,aGk="
)
DONE = Outcome("c1", "output-available", {"shown": True})


@pytest.fixture(params=KINDS)
async def history(request: pytest.FixtureRequest) -> AsyncGenerator[History]:
    url = request.getfixturevalue("database_url") if request.param == "postgres" else ""
    async with opened(request.param, url) as history:
        yield history


def turn(question: str, request: str, **fields: Any) -> Turn:
    asked = Turn(
        user="ada", chat="c1", question_id=question, text=f"{question}?", title="T", at=1.0,
        request=request, message_id=f"a-{request}", beside=True,
    )  # fmt: skip
    return msgspec.structs.replace(asked, **fields)


def completed(
    request: str, text: str = "", *calls: FunctionCall, reason: FinishReason = "stop"
) -> ChatCompleted:
    return ChatCompleted(
        request=request, user="ada", model="m", answers=(Answer(text, reason, "hm", calls),),
        usage=Usage(3, 2), at=2.0, chat="c1", passages=(SOURCE,),
    )  # fmt: skip


def going(request: str, *outcomes: Outcome, answer: str = "a-r1", user: str = "ada") -> GoingOn:
    return GoingOn(user, "c1", Outcomes(answer, outcomes), 3.0, request)


CALL = FunctionCall("c1", "show_table", '{"rows": [[1]]}')


async def parts(history: History) -> list[list[dict[str, Any]]]:
    messages = (await history.read("ada", "c1")).messages
    return [list(msgspec.to_builtins(message.parts)) for message in messages]


async def test_plain_messages_have_parts_too(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    await history.finish_turn(completed("r1", "Yes."))
    assert await parts(history) == [
        [{"type": "text", "text": "q1?", "state": "done"}],
        [
            {"type": "reasoning", "text": "hm", "state": "done"},
            {"type": "text", "text": "Yes.", "state": "done"},
        ],
    ]


async def test_a_questions_files_are_kept_as_far_as_there_is_room(history: History) -> None:
    large = msgspec.structs.replace(
        NOTE, filename="b.png", url="data:image/png;base64," + "A" * KEPT_CHARACTERS
    )
    await history.begin_turn(turn("q1", "r1", files=(NOTE, large, NOTE)))
    kept, dropped, also, text = (await parts(history))[0]
    assert kept == also == msgspec.to_builtins(NOTE)
    assert (dropped["filename"], dropped["url"], dropped["size"]) == ("b.png", "", 2)
    assert text["text"] == "q1?"


async def test_other_files_are_another_question(history: History) -> None:
    await history.begin_turn(turn("q1", "r1", files=(NOTE,)))
    await history.finish_turn(completed("r1", "one"))
    await history.begin_turn(turn("q1", "r2", files=(NOTE,)))
    await history.finish_turn(completed("r2", "two"))
    assert [message.text for message in (await history.read("ada", "c1")).messages] == ["q1?", "one", "two"]
    await history.begin_turn(turn("q1", "r3"))
    assert await parts(history) == [[{"type": "text", "text": "q1?", "state": "done"}]]


async def test_an_answer_goes_on_with_the_results_of_its_calls(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    await history.finish_turn(completed("r1", "Look:", CALL, reason="tool_calls"))
    table = {
        "type": "tool-show_table",
        "state": "input-available",
        "toolCallId": "c1",
        "input": {"rows": [[1]]},
    }
    first = [
        {"type": "step-start"},
        {"type": "reasoning", "text": "hm", "state": "done"},
        {"type": "text", "text": "Look:", "state": "done"},
    ]
    assert (await parts(history))[1] == [*first, table]

    begun = await history.go_on(going("r2", DONE))
    assert (begun.message_id, begun.passages) == ("a-r1", (SOURCE,))
    assert len(await parts(history)) == 1
    shown = table | {"state": "output-available", "output": {"shown": True}}
    assert list(msgspec.to_builtins(await history.beginning("ada", "c1", "a-r1"))) == [*first, shown]

    await history.finish_turn(completed("r2", "There it is."))
    second = [
        {"type": "step-start"},
        {"type": "reasoning", "text": "hm", "state": "done"},
        {"type": "text", "text": "There it is.", "state": "done"},
    ]
    assert (await parts(history))[1] == [*first, shown, *second]
    (_, answer) = (await history.read("ada", "c1")).messages
    assert (answer.text, answer.reasoning, answer.status) == ("Look:\n\nThere it is.", "hm\n\nhm", "complete")
    with pytest.raises(InvalidRequest):
        await history.go_on(going("r3", DONE))


async def test_an_answer_that_cannot_go_on_can_be_asked_to_again(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    await history.finish_turn(completed("r1", "Look:", CALL))
    await history.go_on(going("r2", Outcome("c1", "output-error", error="It broke.")))
    failed = ChatFailed(
        request="r2", user="ada", model="m", answers=(), usage=Usage(), at=4.0, chat="c1", passages=(SOURCE,),
        failure=Failure("queue_full", "Full."),
    )  # fmt: skip
    await history.finish_turn(failed)
    (_, answer) = (await history.read("ada", "c1")).messages
    assert (answer.status, answer.text, answer.error) == ("failed", "Look:", "Full.")
    assert (answer.parts[-1].state, answer.parts[-1].error_text) == ("output-error", "It broke.")
    await history.go_on(going("r3", DONE))
    await history.finish_turn(completed("r3", "So."))
    (_, answer) = (await history.read("ada", "c1")).messages
    assert (answer.status, answer.text, answer.error) == ("complete", "Look:\n\nSo.", "")
    assert answer.parts[3].output == {"shown": True}


async def test_without_an_id_a_call_tells_which_answer_is_meant(history: History) -> None:
    for number in (1, 2):
        await history.begin_turn(turn(f"q{number}", f"r{number}"))
        call = msgspec.structs.replace(CALL, id=f"c{number}")
        await history.finish_turn(completed(f"r{number}", "", call))
    assert (await history.go_on(going("r3", DONE, answer=""))).message_id == "a-r1"
    with pytest.raises(InvalidRequest):
        await history.go_on(going("r4", Outcome("c9", "output-available"), answer=""))


async def test_who_may_go_on_and_when(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    with pytest.raises(Conflict):
        await history.go_on(going("r2", DONE))
    await history.finish_turn(completed("r1", "", CALL))
    for refused, error in (
        (going("r2", DONE, user="eve"), NotFound),
        (msgspec.structs.replace(going("r2", DONE), chat="elsewhere"), NotFound),
        (going("r2", DONE, answer="q1"), InvalidRequest),
        (going("r2", DONE, answer="nobody"), InvalidRequest),
    ):
        with pytest.raises(error):
            await history.go_on(refused)
    with pytest.raises(NotFound):
        await history.beginning("eve", "c1", "a-r1")


async def test_results_that_come_with_the_next_question_are_kept(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    await history.finish_turn(completed("r1", "", CALL))
    unknown = Outcome("c9", "output-available", 1)
    await history.begin_turn(turn("q2", "r2", outcomes=Outcomes("a-r1", (unknown, DONE))))
    call = (await parts(history))[1][-1]
    assert (call["state"], call["output"]) == ("output-available", {"shown": True})
    await history.begin_turn(turn("q3", "r3", outcomes=Outcomes("nobody", (DONE,))))


async def test_calls_that_cannot_be_made_are_shown_as_what_they_are(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    bad, deep = FunctionCall("c1", "f", "{not json"), FunctionCall("c2", "f", '{"a":' * 400 + "1" + "}" * 400)
    nul = FunctionCall("c3", "f", '{"a": "\\u0000", "b": "\\\\u0000"}')
    await history.finish_turn(completed("r1", "a\0b", bad, deep, nul))
    _, _, text, first, second, third = (await parts(history))[1]
    assert text["text"] == "a\ufffdb"
    assert (first["state"], first["input"]) == ("output-error", "{not json")
    assert second["state"] == "output-error"
    assert third["input"] == {"a": "\ufffd", "b": "\\u0000"}


async def test_what_was_stopped_within_a_call_has_made_none(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    stopped = completed("r1", "", FunctionCall("c1", "f", "{}"), reason="cancelled")
    await history.finish_turn(stopped)
    call = (await parts(history))[1][-1]
    assert (call["state"], call["errorText"]) == ("output-error", "The answer broke off within this call.")
