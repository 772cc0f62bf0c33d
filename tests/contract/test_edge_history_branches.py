"""Conversations as trees: what `ports/history.py` promises of edits, regenerations and branches."""

from collections.abc import AsyncGenerator

import msgspec
import pytest

from services.edge.domain.conversations import Turn
from services.edge.ports.history import History
from tests.histories import KINDS, completed, opened


@pytest.fixture(params=KINDS)
async def history(request: pytest.FixtureRequest) -> AsyncGenerator[History]:
    url = request.getfixturevalue("database_url") if request.param == "postgres" else ""
    async with opened(request.param, url) as history:
        yield history


def turn(question: str, request: str, *before: str, again: bool = True, text: str = "") -> Turn:
    """As AI SDK 5 and later ask; `before` nearest first."""
    return Turn(
        user="ada", chat="c1", question_id=question, text=text or f"{question}?", title="T", at=1.0,
        request=request, message_id=f"a-{request}", before=before, beside=again,
    )  # fmt: skip


async def said(history: History, turn: Turn) -> None:
    await history.begin_turn(turn)
    await history.finish_turn(completed(turn.request))


async def tree(history: History) -> dict[str, str]:
    return {message.id: message.parent for message in (await history.read("ada", "c1")).messages}


async def branch(history: History) -> list[str]:
    """What was said last, from the beginning."""
    transcript = await history.read("ada", "c1")
    parents = {message.id: message.parent for message in transcript.messages}
    line, id = list[str](), transcript.current
    while id:
        line.append(id)
        id = parents[id]
    return line[::-1]


async def test_a_conversation_is_a_line(history: History) -> None:
    await said(history, turn("q1", "r1"))
    await said(history, turn("q2", "r2", "a-r1", "q1"))
    assert await tree(history) == {"q1": "", "a-r1": "q1", "q2": "a-r1", "a-r2": "q2"}
    assert await branch(history) == ["q1", "a-r1", "q2", "a-r2"]


async def test_a_new_question_after_an_earlier_message_is_a_branch(history: History) -> None:
    await said(history, turn("q1", "r1"))
    await said(history, turn("q2", "r2", "a-r1", "q1"))
    await said(history, turn("q3", "r3", "a-r1", "q1"))
    assert (await tree(history))["q3"] == (await tree(history))["q2"] == "a-r1"
    assert await branch(history) == ["q1", "a-r1", "q3", "a-r3"]
    await said(history, turn("q4", "r4"))
    assert (await tree(history))["q4"] == ""
    assert await branch(history) == ["q4", "a-r4"]
    await said(history, turn("q5", "r5", "a-r2", "q2", "a-r1", "q1"))
    assert await branch(history) == ["q1", "a-r1", "q2", "a-r2", "q5", "a-r5"]


async def test_asked_again_an_answer_comes_beside_the_old_one(history: History) -> None:
    await said(history, turn("q1", "r1"))
    await said(history, turn("q2", "r2", "a-r1", "q1"))
    await history.begin_turn(turn("q1", "r3"))
    assert await branch(history) == ["q1"]  # its answer is being written
    await history.finish_turn(completed("r3"))
    assert await tree(history) == {"q1": "", "a-r1": "q1", "q2": "a-r1", "a-r2": "q2", "a-r3": "q1"}
    assert await branch(history) == ["q1", "a-r3"]


@pytest.mark.parametrize(("again", "text"), [(False, ""), (True, "other words"), (False, "other words")])
async def test_in_place_it_replaces_what_followed_and_nothing_else(
    history: History, again: bool, text: str
) -> None:
    """Version 4 asks again so; later ones edit so, when they are given the message's id."""
    await said(history, turn("q1", "r1"))
    await said(history, turn("q2", "r2", "a-r1", "q1"))
    await said(history, turn("q3", "r3", "a-r2", "q2", "a-r1", "q1"))
    await said(history, turn("q4", "r4", "a-r1", "q1"))
    await history.begin_turn(turn("q2", "r5", "a-r1", "q1", again=again, text=text))
    await history.finish_turn(completed("r5"))
    assert await tree(history) == {
        "q1": "", "a-r1": "q1", "q2": "a-r1", "q4": "a-r1", "a-r4": "q4", "a-r5": "q2",
    }  # fmt: skip
    texts = {message.id: message.text for message in (await history.read("ada", "c1")).messages}
    assert texts["q2"] == (text or "q2?")
    assert await branch(history) == ["q1", "a-r1", "q2", "a-r5"]


async def test_an_answer_that_the_client_names_otherwise_is_found_by_its_question(history: History) -> None:
    await said(history, turn("q1", "r1"))
    await said(history, turn("q1", "r2"))
    await said(history, turn("q2", "r3", "made-up", "q1"))
    assert (await tree(history))["q2"] == "a-r2"
    await said(history, turn("q3", "r4", "made-up-too", "q2", "made-up", "q1"))
    assert await branch(history) == ["q1", "a-r2", "q2", "a-r3", "q3", "a-r4"]


async def test_after_nothing_that_is_known_a_question_follows_the_newest_message(history: History) -> None:
    await said(history, turn("q1", "r1"))
    await said(history, turn("q2", "r2", "nobody", "knows"))
    await said(history, msgspec.structs.replace(turn("q3", "r3"), before=None))
    assert await branch(history) == ["q1", "a-r1", "q2", "a-r2", "q3", "a-r3"]


async def test_a_branch_begins_while_an_answer_is_written(history: History) -> None:
    await said(history, turn("q1", "r1"))
    await history.begin_turn(turn("q2", "r2", "a-r1", "q1"))
    await history.begin_turn(turn("q3", "r3", "a-r1", "q1"))
    assert await branch(history) == ["q1", "a-r1", "q3"]
    await history.finish_turn(completed("r3"))
    await history.finish_turn(completed("r2"))
    assert await tree(history) == {
        "q1": "", "a-r1": "q1", "q2": "a-r1", "a-r2": "q2", "q3": "a-r1", "a-r3": "q3",
    }  # fmt: skip
    assert await branch(history) == ["q1", "a-r1", "q3", "a-r3"]


async def test_a_question_goes_on_from_an_answer_that_is_being_written(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    await history.begin_turn(turn("q2", "r2", "a-r1", "q1"))
    for request in ("r1", "r2"):
        await history.finish_turn(completed(request))
    assert await branch(history) == ["q1", "a-r1", "q2", "a-r2"]
