"""What `ports/history.py` promises of whole conversations: pinned, deleted for a while, searched, and long ones."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec
import pytest

from services.edge.domain.words import sought
from services.edge.ports.history import History, Titles, Trash
from shared.errors import InvalidRequest, NotFound
from tests.histories import BACK, GONE, KINDS, completed, opened, texts, turn


class Kept(History, Titles, Trash, Protocol):
    """All that a history does."""


@pytest.fixture(params=KINDS)
async def history(request: pytest.FixtureRequest) -> AsyncGenerator[Kept]:
    url = request.getfixturevalue("database_url") if request.param == "postgres" else ""
    async with opened(request.param, url) as history:
        yield history


async def found(history: History, query: str, user: str = "ada", limit: int = 10) -> list[tuple[str, str]]:
    """Of all pages: conversation and message."""
    pairs, cursor = list[tuple[str, str]](), ""
    while True:
        page = await history.search(user, sought(user, query), limit=limit, cursor=cursor)
        pairs += [(one.conversation.id, one.message_id) for one in page.found]
        cursor = page.next_cursor
        if not cursor:
            return pairs


async def ask(
    history: History, text: str, chat: str, *, answer: str = "", user: str = "ada", at: float = 1.0
) -> None:
    """The question's id is `q-<chat>`, its title what the conversation is called."""
    asked = turn(f"q-{chat}", f"r-{chat}", chat, user, at)
    await history.begin_turn(msgspec.structs.replace(asked, text=text, title=f"Chat {chat}"))
    if answer:
        await history.finish_turn(completed(f"r-{chat}", chat, user, answer, at))


async def test_pinned_ones_are_listed_by_themselves(history: History) -> None:
    for number in range(4):
        await history.begin_turn(turn(f"q{number}", f"r{number}", chat=f"c{number}", at=float(number)))
    for chat in ("c0", "c2"):
        pinned = await history.update("ada", chat, pinned=True)
        assert pinned.pinned
    listed = {
        pinned: [one.id for one in (await history.conversations("ada", limit=9, pinned=pinned)).conversations]
        for pinned in (True, False, None)
    }
    assert listed == {True: ["c2", "c0"], False: ["c3", "c1"], None: ["c3", "c2", "c1", "c0"]}
    changed = await history.update("ada", "c2", title="Mine", pinned=False)
    assert (changed.title, changed.pinned, changed.updated_at) == ("Mine", False, 2.0)
    first = await history.conversations("ada", limit=1, pinned=False)
    second = await history.conversations("ada", limit=9, pinned=False, cursor=first.next_cursor)
    assert [one.id for one in second.conversations] == ["c2", "c1"]


async def test_what_is_deleted_is_not_there_and_comes_back_whole(history: History) -> None:
    await history.begin_turn(turn())
    await history.finish_turn(completed())
    await history.update("ada", "c1", pinned=True)
    before = await history.read("ada", "c1")
    assert await history.delete("ada", "c1", GONE) == ()
    for attempt in (
        history.begin_turn(turn("q2", "r2")),
        history.read("ada", "c1"),
        history.require("ada", "c1"),
        history.update("ada", "c1", title="Mine"),
        history.delete("ada", "c1", GONE),
        history.restore("eve", "c1", BACK),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await history.conversations("ada", limit=9)).conversations == ()
    assert await found(history, "Yes") == []
    assert await history.restore("ada", "c1", BACK) == before.conversation
    assert await history.restore("ada", "c1", BACK) == before.conversation
    assert await history.read("ada", "c1") == before
    with pytest.raises(NotFound):
        await history.restore("ada", "c2", BACK)


async def test_an_answer_that_ends_in_a_deleted_conversation_is_kept_for_a_restored_one(
    history: History,
) -> None:
    await history.begin_turn(turn())
    await history.begin_turn(turn("q2", "r2"))
    await history.finish_turn(completed("r2", text="second"))
    assert await history.delete("ada", "c1", GONE) == ("r1",)
    await history.finish_turn(completed("r1", text="half"))
    await history.restore("ada", "c1", BACK)
    assert await texts(history) == ["q1?", "half", "q2?", "second"]


async def test_words_are_found_in_messages_and_titles(history: History) -> None:
    await ask(
        history,
        "How are the pumps inspected?",
        "c1",
        answer="Every other Tuesday, by the shift lead.",
        at=1.0,
    )
    await ask(history, "第三季度的报告什么时候交？", "c2", answer="季度报告在十月十日交。", at=2.0)
    await ask(history, "Bread", "c3", answer="Rye flour. Pumpernickel.", at=3.0)
    await history.update("ada", "c3", title="Pump up the oven, Größe XL")
    assert await found(history, "pump") == [("c3", "answer-r-c3"), ("c1", "q-c1")]
    assert await found(history, "PUMPS inspect") == [("c1", "q-c1")]
    assert await found(history, "oven größe") == [("c3", "")]
    assert await found(history, "季度报告") == [("c2", "answer-r-c2")]
    assert await found(history, "第三季") == [("c2", "q-c2")]
    assert await found(history, "交") == [("c2", "answer-r-c2")]
    assert await found(history, "报告季度") == []  # its pairs are there, but not in a row
    assert await found(history, "pump Tuesday") == []  # in one message
    assert (
        await found(history, "Tuesday%")
        == await found(history, "' | ' <-> tuesday:* \\")
        == [("c1", "answer-r-c1")]
    )
    assert await found(history, "ump") == []


async def test_a_search_finds_ones_own_alone(history: History) -> None:
    await ask(history, "secret plan", "c1")
    await ask(history, "secret cake", "c2", user="eve")
    assert await found(history, "secret") == [("c1", "q-c1")]
    assert await found(history, "secret", "eve") == [("c2", "q-c2")]
    assert await found(history, "cake") == []


async def test_each_conversation_is_found_once_in_pages(history: History) -> None:
    for number in range(7):
        await ask(history, "needle", f"c{number}", answer="needle, too", at=float(number // 2))
    everything = [(f"c{number}", f"answer-r-c{number}") for number in range(6, -1, -1)]
    assert await found(history, "needle", limit=2) == everything
    assert await found(history, "needle", limit=7) == everything
    for nonsense in ("x", "AAAA", "%%%", "é"):
        with pytest.raises(InvalidRequest):
            await history.search("ada", sought("ada", "needle"), limit=2, cursor=nonsense)


async def test_what_was_replaced_is_found_no_more(history: History) -> None:
    await ask(history, "old words", "c1", answer="old answer")
    again = msgspec.structs.replace(turn("q-c1", "r2", "c1"), text="new words")
    await history.begin_turn(again)
    assert await found(history, "old") == []
    assert await found(history, "new") == [("c1", "q-c1")]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_long_conversation_is_read_in_pages_and_found_to_its_beginning(
    kind: str, database_url: str
) -> None:
    async with opened(kind, database_url, messages_read=20) as history:
        for number in range(25):
            await history.begin_turn(turn(f"q{number}", f"r{number}"))
            await history.finish_turn(completed(f"r{number}", text=f"number{number}x"))
        pages = [await history.read("ada", "c1")]
        while cursor := pages[-1].previous_cursor:
            pages.append(await history.read("ada", "c1", cursor=cursor))
        assert [len(page.messages) for page in pages] == [20, 20, 10]
        assert {page.current for page in pages} == {"answer-r24"}
        line = [message for page in reversed(pages) for message in page.messages]
        assert [message.parent for message in line] == ["", *(message.id for message in line[:-1])]
        assert await found(history, "number0x") == [("c1", "answer-r0")]
        for nonsense in ("x", "AAAA"):
            with pytest.raises(InvalidRequest):
                await history.read("ada", "c1", cursor=nonsense)


async def test_a_title_is_asked_for_once_and_stays(history: Kept) -> None:
    await history.begin_turn(turn())
    assert await history.finish_turn(completed())
    assert await history.claim_title("eve", "c1", "r1") is None
    claims = [await history.claim_title("ada", "c1", "r1") for _ in range(3)]
    assert claims == ["q1?", None, None]
    await history.entitle("eve", "c1", "Forged")
    await history.entitle("ada", "c1", "Night shifts")
    await history.entitle("ada", "c1", "Another")
    assert (await history.read("ada", "c1")).conversation.title == "Night shifts"
    assert await found(history, "night") == [("c1", "")]
    await history.begin_turn(turn("q2", "r2"))
    assert not await history.finish_turn(completed("r2"))


async def test_a_title_by_hand_wins_whenever_it_comes(history: Kept) -> None:
    for chat, when in (("c1", "before the claim"), ("c2", "before the title"), ("c3", "after it")):
        await history.begin_turn(turn(f"q-{chat}", f"r-{chat}", chat))
        if when == "before the claim":
            await history.update("ada", chat, title="Mine")
        claimed = await history.claim_title("ada", chat, f"r-{chat}")
        assert (claimed is None) == (when == "before the claim")
        if when == "before the title":
            await history.update("ada", chat, title="Mine")
        await history.entitle("ada", chat, "The model's")
        if when == "after it":
            assert (await history.read("ada", chat)).conversation.title == "The model's"
            await history.update("ada", chat, title="Mine")
        assert (await history.read("ada", chat)).conversation.title == "Mine"


async def test_pinning_leaves_the_title_to_the_model(history: Kept) -> None:
    await history.begin_turn(turn())
    await history.update("ada", "c1", pinned=True)
    assert await history.claim_title("ada", "c1", "r1") == "q1?"


async def test_what_was_deleted_long_ago_is_purged_for_good(history: Kept) -> None:
    for number in range(4):
        chat = f"c{number}"
        await history.begin_turn(turn(f"q{number}", f"r{number}", chat))
        if number < 3:
            record = msgspec.structs.replace(GONE, id=f"a{number}", at=10.0 + number)
            await history.delete("ada", chat, record)
    assert set(await history.running_in_deleted(9)) == {"r0", "r1", "r2"}
    assert len(await history.running_in_deleted(2)) == 2
    assert not await history.purge(9.0)
    assert [await history.purge(11.0) for _ in range(3)] == [True, True, False]
    assert set(await history.running_in_deleted(9)) == {"r2"}
    await history.restore("ada", "c2", BACK)
    assert not await history.purge(1e9)
    for chat in ("c0", "c1"):
        with pytest.raises(NotFound):
            await history.restore("ada", chat, BACK)
    await history.finish_turn(completed("r0", "c0"))
    await history.begin_turn(turn("q9", "r9", "c0"))  # the id is free again
    assert await texts(history, chat="c0") == ["q9?"]


async def test_two_purge_at_once(history: Kept) -> None:
    for number in range(6):
        await history.begin_turn(turn(f"q{number}", f"r{number}", f"c{number}"))
        await history.delete(
            "ada", f"c{number}", msgspec.structs.replace(GONE, id=f"a{number}", at=float(number))
        )
    rounds = await asyncio.gather(*(history.purge(100.0) for _ in range(4)))
    while await history.purge(100.0):
        rounds.append(True)
    assert sum(rounds) == 6


async def test_a_title_by_hand_and_a_turn_at_once(history: History) -> None:
    await history.begin_turn(turn())
    await asyncio.gather(
        history.finish_turn(completed()),
        history.update("ada", "c1", title="Mine"),
        history.begin_turn(turn("q2", "r2")),
    )
    assert (await history.read("ada", "c1")).conversation.title == "Mine"
    assert not await history.finish_turn(completed("r2"))
