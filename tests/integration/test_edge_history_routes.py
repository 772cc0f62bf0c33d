"""Over HTTP: conversations that are pinned, deleted and restored, searched, exported; and very long ones."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.edge.domain.words import lexemes
from tests.edge import running_edge
from tests.story import Story, told

MANY = 2_400
INSERT = text(
    """
    INSERT INTO edge.messages (
        conversation_id, id, parent, position, role, status, text, words, reasoning, sources, model, error,
        prompt_tokens, completion_tokens, created_at
    )
    VALUES ('c1', :id, :parent, :position, :role, 'complete', :text, array_to_tsvector(:words), '', '[]', '', '', 0, 0, now())
    """  # noqa: E501
).bindparams(bindparam("words", type_=ARRAY(Text)))


@pytest.fixture
async def story(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Story]:
    async with told(nats_url, database_url, tmp_path) as story:
        yield story


async def test_pinned_ones_are_listed_by_themselves(story: Story) -> None:
    for chat in ("c1", "c2"):
        await story.teller.ask(chat, chat=chat)
    http, headers = story.edge.http, story.headers
    pinned = await http.patch("/v1/conversations/c1", json={"pinned": True}, headers=headers)
    assert (pinned.json()["pinned"], pinned.json()["title"]) == (True, "c1")
    listed = {
        value: [
            one["id"] for one in (await story.get("/v1/conversations", pinned=value)).json()["conversations"]
        ]
        for value in ("true", "false")
    }
    assert listed == {"true": ["c1"], "false": ["c2"]}
    both = await http.patch("/v1/conversations/c1", json={"title": "Mine", "pinned": False}, headers=headers)
    assert (both.json()["pinned"], both.json()["title"]) == (False, "Mine")
    for wrong in ({"pinned": None}, {"pinned": "yes"}, {"pinned": [1]}):
        answer = await http.patch("/v1/conversations/c1", json=wrong, headers=headers)
        assert (answer.status_code, answer.json()["param"]) == (400, "pinned"), wrong
    assert (await story.get("/v1/conversations", pinned="maybe")).status_code == 400


async def test_a_deletion_is_undone(story: Story) -> None:
    turn = await story.teller.ask("Who?")
    await story.teller.answer(turn, "Ada.")
    await story.until_texts(["Who?", "Ada."])
    http, headers = story.edge.http, story.headers
    assert (await http.delete("/v1/conversations/c1", headers=headers)).status_code == 204
    asked = {"id": "c1", "messages": [{"role": "user", "content": "?"}]}
    gone = [
        await story.get("/v1/conversations/c1"),
        await story.get("/v1/conversations/c1/export"),
        await story.get("/v1/chat/c1/stream"),
        await http.post("/v1/chat/c1/stop", headers=headers),
        await http.patch("/v1/conversations/c1", json={"pinned": True}, headers=headers),
        await http.delete("/v1/conversations/c1", headers=headers),
        await http.post("/v1/conversations/c1/restore", headers=await story.edge.sign_in("eve")),
        await http.post("/v1/conversations/c9/restore", headers=headers),
    ]
    assert [answer.status_code for answer in gone] == [404] * len(gone)
    assert (await http.post("/v1/chat", json=asked, headers=headers)).status_code in (
        404,
        503,
    )  # no worker is there
    assert (await story.get("/v1/conversations/search", q="ada")).json()["matches"] == []
    restored = await http.post("/v1/conversations/c1/restore", headers=headers)
    assert (restored.status_code, restored.json()["id"]) == (200, "c1")
    assert await story.texts() == ["Who?", "Ada."]


async def test_two_edges_purge_what_nobody_restores(nats_url: str, database_url: str, tmp_path: Path) -> None:
    async with (
        told(nats_url, database_url, tmp_path, kept_s=0.0) as story,
        running_edge(nats_url, database_url, tmp_path, deleted_kept_s=0.0, instance="2"),
    ):
        for number in range(12):
            await story.teller.ask("?", chat=f"c{number}")
            await story.edge.http.delete(f"/v1/conversations/c{number}", headers=story.headers)
        await story.teller.ask("kept", chat="kept")
        engine = create_async_engine(database_url)
        async with asyncio.timeout(15), engine.connect() as connection:
            while await connection.scalar(text("SELECT count(*) FROM edge.messages")) != 2:
                await asyncio.sleep(0.1)
        await engine.dispose()
        assert await story.texts("kept") == ["kept"]
        back = await story.edge.http.post("/v1/conversations/c3/restore", headers=story.headers)
        assert back.status_code == 404


async def test_search_shows_where_it_found_what(story: Story) -> None:
    turn = await story.teller.ask("How often are the cooling pumps inspected?", chat="c1")
    await story.teller.answer(turn, "Every other Tuesday [1].")
    await story.until_texts(["How often are the cooling pumps inspected?", "Every other Tuesday [1]."])
    await story.teller.ask("第三季度的报告什么时候交？", chat="c2")
    found = (await story.get("/v1/conversations/search", q="pump inspect")).json()
    (match,) = found["matches"]
    assert match["conversation"]["id"] == "c1"
    assert match["message_id"] == turn.question_id
    assert [match["snippet"][start:end] for start, end in match["highlights"]] == ["pump", "inspect"]
    (match,) = (await story.get("/v1/conversations/search", q="季度")).json()["matches"]
    assert [match["snippet"][start:end] for start, end in match["highlights"]] == ["季度"]
    await story.edge.http.patch("/v1/conversations/c2", json={"title": "Night shifts"}, headers=story.headers)
    (match,) = (await story.get("/v1/conversations/search", q="night")).json()["matches"]
    assert (match["message_id"], match["snippet"], match["highlights"]) == ("", "Night shifts", [[0, 5]])
    eve = await story.edge.sign_in("eve")
    theirs = await story.edge.http.get("/v1/conversations/search", params={"q": "pump"}, headers=eve)
    assert theirs.json() == {"matches": [], "next_cursor": ""}


async def test_a_search_that_cannot_be_names_its_field(story: Story) -> None:
    for query, param in (
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "x", "limit": 0}, "limit"),
        ({"q": "x", "cursor": "nonsense"}, "cursor"),
    ):
        answer = await story.get("/v1/conversations/search", **query)
        assert (answer.status_code, answer.json()["param"]) == (400, param), query
    for query in ("?!", "   ", "\0", "' & ! <-> :* ()", "\\", "%", "🚀"):
        answer = await story.get("/v1/conversations/search", q=query)
        assert (answer.status_code, answer.json()["matches"]) == (200, []), query


async def test_a_conversation_of_large_pictures_is_read_in_pages(story: Story, database_url: str) -> None:
    for number in range(6):
        await story.teller.ask(f"{number}")
    engine = create_async_engine(database_url)
    picture = text(
        "UPDATE edge.messages SET parts = jsonb_build_array(jsonb_build_object('type', 'file', 'url', "
        "(SELECT string_agg(md5(n::text || id), '') FROM generate_series(1, 200000) AS n))) WHERE role = 'user'"
    )
    async with engine.begin() as connection:
        await connection.execute(picture)
    await engine.dispose()
    pages, cursor = list[list[str]](), ""
    while not pages or cursor:
        read = (await story.get("/v1/conversations/c1", cursor=cursor)).json()
        pages.append([message["text"] for message in read["messages"]])
        cursor = read["previous_cursor"]
    assert len(pages) > 1
    assert [one for page in reversed(pages) for one in page] == list("012345")


async def test_a_search_that_takes_too_long_says_so(story: Story, database_url: str) -> None:
    await story.teller.ask("needle")
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("LOCK TABLE edge.messages IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        answer = await story.get("/v1/conversations/search", q="needle")
        assert time.monotonic() - began < 2
    await engine.dispose()
    assert answer.status_code == 503
    assert "too long" in answer.json()["detail"]
    assert len((await story.get("/v1/conversations/search", q="needle")).json()["matches"]) == 1


async def test_an_export_is_a_download_with_the_title_for_its_name(story: Story) -> None:
    turn = await story.teller.ask("Who?")
    await story.teller.answer(turn, "Ada [1].")
    await story.until_texts(["Who?", "Ada [1]."])
    http, headers = story.edge.http, story.headers
    await http.patch("/v1/conversations/c1", json={"title": '值班 "表"/2'}, headers=headers)
    written = await story.get("/v1/conversations/c1/export")
    assert written.headers["content-type"].startswith("text/markdown")
    disposition = written.headers["content-disposition"]
    assert unquote(disposition.partition("filename*=UTF-8''")[2]) == "值班 表 2.md"
    assert re.search(r'filename="[A-Za-z0-9 ._-]+\.md"', disposition)
    assert written.text.startswith('# 值班 "表"/2\n')
    assert "Ada [^2-1].\n" in written.text
    assert "[^2-1]: notes.md" in written.text
    whole = await story.get("/v1/conversations/c1/export", format="json")
    assert whole.headers["content-type"] == "application/json"
    assert [message["text"] for message in whole.json()["messages"]] == ["Who?", "Ada [1]."]
    assert (await story.get("/v1/conversations/c1/export", format="pdf")).json()["param"] == "format"
    eve = await story.edge.sign_in("eve")
    assert (await http.get("/v1/conversations/c1/export", headers=eve)).status_code == 404


async def test_a_conversation_of_thousands_of_messages_opens_and_is_found_to_its_beginning(
    story: Story, database_url: str
) -> None:
    await story.teller.ask("first of all: needle")
    (first,) = (await story.get("/v1/conversations/c1")).json()["messages"]
    words = "Nothing of note happened in this week. " * 20
    rows = [
        {
            "id": f"m{n}", "parent": f"m{n - 1}" if n else first["id"], "position": n + 2,
            "role": "user" if n % 2 else "assistant", "text": f"{words}{n}",
            "words": lexemes(story.teller.user, f"{words}{n}"),
        }
        for n in range(MANY)
    ]  # fmt: skip
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(INSERT, rows)
    await engine.dispose()
    began = time.monotonic()
    read = (await story.get("/v1/conversations/c1")).json()
    assert time.monotonic() - began < 2
    assert (len(read["messages"]), read["current"], read["previous_cursor"]) == (MANY + 1, f"m{MANY - 1}", "")
    (match,) = (await story.get("/v1/conversations/search", q="needle")).json()["matches"]
    assert match["message_id"] == first["id"]
    exported = await story.get("/v1/conversations/c1/export")
    assert exported.text.count("\n## ") == MANY + 1
