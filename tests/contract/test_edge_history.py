"""What `ports/history.py` promises, held by PostgreSQL and in memory."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec
import pytest

from services.edge.ports.history import History
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.messages import ChatCancelled, ChatFailed, Failure, Usage
from tests.histories import GONE, KINDS, SOURCE, completed, opened, texts, turn


@pytest.fixture(params=KINDS)
async def history(request: pytest.FixtureRequest) -> AsyncGenerator[History]:
    url = request.getfixturevalue("database_url") if request.param == "postgres" else ""
    async with opened(request.param, url) as history:
        yield history


async def test_a_turn_and_its_answer(history: History) -> None:
    await history.begin_turn(turn())
    assert await texts(history) == ["q1?"]
    await history.finish_turn(completed())
    transcript = await history.read("ada", "c1")
    assert transcript.conversation.title == "About q1"
    assert (transcript.conversation.created_at, transcript.conversation.updated_at) == (1.0, 9.0)
    question, answer = transcript.messages
    assert (question.role, question.id, question.status) == ("user", "q1", "complete")
    assert (answer.role, answer.id, answer.status) == ("assistant", "answer-r1", "complete")
    assert (answer.text, answer.reasoning, answer.model) == ("Yes.", "hm", "m")
    assert answer.sources == (SOURCE,)


async def test_a_second_time_changes_nothing(history: History) -> None:
    await history.begin_turn(turn())
    await asyncio.gather(*(history.finish_turn(completed(text=f"{n}")) for n in range(8)))
    first = await texts(history)
    await history.finish_turn(completed(text="later"))
    assert await texts(history) == first
    assert len(first) == 2


async def test_how_an_answer_ended(history: History) -> None:
    cancelled = msgspec.convert(
        msgspec.to_builtins(completed("r1")) | {"type": "ChatCancelled"}, ChatCancelled
    )
    failed = ChatFailed(
        request="r2", user="ada", model="m", answers=(), usage=Usage(), at=2.0, chat="c1",
        failure=Failure("engine_failed", "The engine gave up."),
    )  # fmt: skip
    await history.begin_turn(turn("q1", "r1"))
    await history.begin_turn(turn("q2", "r2"))
    await history.finish_turn(cancelled)
    await history.finish_turn(failed)
    _, first, _, second = (await history.read("ada", "c1")).messages
    assert (first.status, first.text) == ("cancelled", "Yes.")
    assert (second.status, second.text, second.error) == ("failed", "", "The engine gave up.")
    assert second.error_code == "engine_failed"


async def test_an_edit_replaces_what_followed(history: History) -> None:
    for number in (1, 2, 3):
        await history.begin_turn(turn(f"q{number}", f"r{number}"))
        await history.finish_turn(completed(f"r{number}", text=f"a{number}"))
    edited = msgspec.structs.replace(turn("q2", "r4"), text="q2, but better?")
    await history.begin_turn(edited)
    assert await texts(history) == ["q1?", "a1", "q2, but better?"]
    await history.finish_turn(completed("r4", text="a4"))
    assert await texts(history) == ["q1?", "a1", "q2, but better?", "a4"]


async def test_an_answer_to_a_removed_question_is_not_stored(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    await history.begin_turn(turn("q1", "r2"))
    await history.finish_turn(completed("r1", text="late"))
    assert await texts(history) == ["q1?"]
    await history.finish_turn(completed("r2", text="right"))
    assert await texts(history) == ["q1?", "right"]


async def test_answers_keep_the_order_of_their_questions(history: History) -> None:
    await history.begin_turn(turn("q1", "r1"))
    await history.begin_turn(turn("q2", "r2"))
    await history.finish_turn(completed("r2", text="a2"))
    await history.finish_turn(completed("r1", text="a1"))
    assert await texts(history) == ["q1?", "a1", "q2?", "a2"]


async def test_another_users_conversation_is_not_there(history: History) -> None:
    await history.begin_turn(turn())
    for attempt in (
        history.begin_turn(turn("q2", "r2", user="eve")),
        history.read("eve", "c1"),
        history.update("eve", "c1", title="Mine"),
        history.delete("eve", "c1", GONE),
        history.read("ada", "c2"),
    ):
        with pytest.raises(NotFound):
            await attempt
    await history.finish_turn(completed(user="eve", text="forged"))
    assert await texts(history) == ["q1?"]
    assert (await history.conversations("eve", limit=10)).conversations == ()


async def test_an_answer_without_a_place_is_dropped(history: History) -> None:
    await history.finish_turn(completed(chat="gone"))
    await history.begin_turn(turn())
    await history.delete("ada", "c1", GONE)
    await history.finish_turn(completed())
    with pytest.raises(NotFound):
        await history.read("ada", "c1")


async def test_what_must_be_unique(history: History) -> None:
    await history.begin_turn(turn())
    with pytest.raises(Conflict):
        await history.begin_turn(turn("q2", "r1"))
    with pytest.raises(InvalidRequest):
        await history.begin_turn(turn("answer-r1", "r2"))
    assert await texts(history) == ["q1?"]


async def test_text_that_postgresql_cannot_hold(history: History) -> None:
    for text in ("\0", "\ud800"):
        with pytest.raises(InvalidRequest):
            await history.begin_turn(msgspec.structs.replace(turn(), text=text))
    await history.begin_turn(turn())
    await history.finish_turn(completed(text="a\0b"))
    assert await texts(history) == ["q1?", "a\ufffdb"]


async def test_pages_newest_first(history: History) -> None:
    for number in range(5):
        await history.begin_turn(turn(f"q{number}", f"r{number}", chat=f"c{number}", at=float(number // 2)))
    found: list[str] = []
    cursor = ""
    while True:
        page = await history.conversations("ada", limit=2, cursor=cursor)
        found += [conversation.id for conversation in page.conversations]
        cursor = page.next_cursor
        if not cursor:
            break
    assert found == ["c4", "c3", "c2", "c1", "c0"]
    for nonsense in ("x", "AAAA", "%%%", "é"):
        with pytest.raises(InvalidRequest):
            await history.conversations("ada", limit=2, cursor=nonsense)


async def test_rename(history: History) -> None:
    await history.begin_turn(turn())
    renamed = await history.update("ada", "c1", title="Night shifts")
    assert renamed.title == "Night shifts"
    await history.begin_turn(turn("q2", "r2", at=3.0))
    assert (await history.read("ada", "c1")).conversation == msgspec.structs.replace(renamed, updated_at=3.0)


async def test_turns_at_once_keep_one_order(history: History) -> None:
    await asyncio.gather(*(history.begin_turn(turn(f"q{n}", f"r{n}")) for n in range(10)))
    await asyncio.gather(*(history.finish_turn(completed(f"r{n}", text=f"a{n}")) for n in range(10)))
    said = await texts(history)
    assert len(said) == 20
    assert all(said[place + 1] == said[place].replace("q", "a").rstrip("?") for place in range(0, 20, 2))


async def test_edits_beside_new_turns_keep_one_order(history: History) -> None:
    """Each of them waits for the conversation, and must then see what was stored meanwhile."""
    await history.begin_turn(turn("q0", "r0"))
    turns = [turn("q0", f"e{n}") if n % 3 == 0 else turn(f"q{n}", f"r{n}") for n in range(12)]
    await asyncio.gather(*(history.begin_turn(one) for one in turns))
    await history.begin_turn(turn("q0", "last"))
    await history.begin_turn(turn("q99", "r99"))
    for request in ("r99", "last", "r1", "e3"):
        await history.finish_turn(completed(request, text=f"to {request}"))
    assert await texts(history) == ["q0?", "to last", "q99?", "to r99"]
