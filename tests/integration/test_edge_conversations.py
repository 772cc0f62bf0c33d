"""The history over HTTP, and the consumer that stores answers."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from shared import subjects
from shared.messages import ChatCompleted, DocumentIngested, Usage
from tests.edge import running_edge
from tests.story import Story, told


@pytest.fixture
async def story(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Story]:
    async with told(nats_url, database_url, tmp_path) as story:
        yield story


async def test_an_answer_is_stored_by_the_consumer_once(story: Story) -> None:
    turn = await story.teller.ask("Who is on call?")
    assert await story.texts() == ["Who is on call?"]
    await story.teller.answer(turn, "Ada [1].")
    await story.until_texts(["Who is on call?", "Ada [1]."])
    await story.teller.answer(turn, "Somebody else.")
    last = await story.teller.ask("And then?")
    await story.teller.answer(last, "Nobody.")
    await story.until_texts(["Who is on call?", "Ada [1].", "And then?", "Nobody."])
    read = (await story.get("/v1/conversations/c1")).json()
    assert read["messages"][1]["status"] == "complete"
    assert read["messages"][1]["sources"][0]["title"] == "notes.md"
    assert read["conversation"]["title"] == "Who is on call?"


async def test_events_that_are_none_of_the_historys_business_do_not_stop_it(story: Story) -> None:
    await story.teller.tell("ingested", DocumentIngested("d", story.teller.user, "t", 1, 1.0))
    await story.teller.bus.client.jetstream().publish(subjects.event("completed", "x"), b"\xc1 nonsense")
    openai = ChatCompleted(request="r", user=story.teller.user, model="m", answers=(), usage=Usage(), at=1.0)
    await story.teller.tell("completed", openai)
    turn = await story.teller.ask("Still there?")
    await story.teller.answer(turn, "Yes.")
    await story.until_texts(["Still there?", "Yes."])


async def test_pages_newest_first(story: Story) -> None:
    for number in range(5):
        turn = await story.teller.ask(f"{number}", chat=f"c{number}")
        await story.teller.history.update(turn.user, turn.chat, title=f"Chat {number}")
    found: list[str] = []
    cursor = ""
    while True:
        page = (await story.get("/v1/conversations", limit=2, cursor=cursor)).json()
        found += [conversation["title"] for conversation in page["conversations"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert found == [f"Chat {number}" for number in (4, 3, 2, 1, 0)]


async def test_rename_and_delete(story: Story) -> None:
    await story.teller.ask("?")
    http, headers = story.edge.http, story.headers
    renamed = await http.patch("/v1/conversations/c1", json={"title": "  Night\n shifts "}, headers=headers)
    assert renamed.json()["title"] == "Night shifts"
    assert (await http.delete("/v1/conversations/c1", headers=headers)).status_code == 204
    assert (await http.delete("/v1/conversations/c1", headers=headers)).status_code == 404
    assert (await story.get("/v1/conversations/c1")).status_code == 404
    assert (await story.get("/v1/conversations")).json()["conversations"] == []


async def test_another_users_conversation_is_not_there(story: Story) -> None:
    await story.teller.ask("secret")
    eve = await story.edge.sign_in("eve")
    http = story.edge.http
    answers = [
        await http.get("/v1/conversations/c1", headers=eve),
        await http.patch("/v1/conversations/c1", json={"title": "mine"}, headers=eve),
        await http.delete("/v1/conversations/c1", headers=eve),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    missing = await http.get("/v1/conversations/nowhere", headers=eve)
    assert missing.json() == answers[0].json()
    assert await story.texts() == ["secret"]


async def test_the_clients_mistakes_name_their_field(story: Story) -> None:
    await story.teller.ask("?")
    http, headers = story.edge.http, story.headers
    for query, param in (
        ({"limit": 0}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": 201}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "x" * 2000}, "cursor"),
        ({"cursor": "\0\ud7ff"}, "cursor"),
    ):
        answer = await story.get("/v1/conversations", **query)
        assert (answer.status_code, answer.json()["param"]) == (400, param), query
    for body in ({}, {"title": ""}, {"title": "  "}, {"title": 7}, {"title": "x" * 201}, {"title": None}):
        answer = await http.patch("/v1/conversations/c1", json=body, headers=headers)
        assert (answer.status_code, answer.json()["param"]) == (400, "title"), body
    for title in ("a\0b", "\\ud800"):
        body = f'{{"title": "{title}"}}'.encode().replace(b"\0", b"\\u0000")
        answer = await http.patch("/v1/conversations/c1", content=body, headers=headers)
        assert answer.status_code == 400, title
    for path in ("%00", "%ff", "%ed%a0%80", "a" * 5000, "..%2f..", "%F0%9F%92%A9"):
        answer = await story.get(f"/v1/conversations/{path}")
        assert answer.status_code in (400, 404), path


async def test_what_does_not_exist_is_a_problem_too(story: Story) -> None:
    http = story.edge.http
    nowhere = await http.get("/nowhere", headers=story.headers)
    wrong = await http.put("/v1/conversations", headers=story.headers)
    for answer, status in ((nowhere, 404), (wrong, 405)):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]


async def test_a_request_keeps_its_id(story: Story) -> None:
    given = await story.edge.http.get("/health/live", headers={"x-request-id": "abc-123"})
    assert given.headers["x-request-id"] == "abc-123"
    forged = await story.edge.http.get("/health/live", headers={"x-request-id": "a b"})
    assert forged.headers["x-request-id"] != "a b"


async def test_the_number_of_series_does_not_grow_with_the_requests(story: Story) -> None:
    sizes: list[int] = []
    for number in range(30):
        await story.get(f"/v1/conversations/{number}")
        await story.get(f"/nowhere/{number}")
        await story.edge.http.request(f"M{number}", "/health/live")
        sizes.append(len((await story.edge.http.get("/metrics")).text.splitlines()))
    assert len(set(sizes[1:])) == 1  # the first asking for them adds its own
    assert '"/v1/conversations/{conversation}"' in (await story.edge.http.get("/metrics")).text


async def test_browsers_elsewhere_are_kept_out_unless_named(
    story: Story, nats_url: str, database_url: str, tmp_path: Path
) -> None:
    preflight = {"origin": "https://app.example", "access-control-request-method": "POST"}
    closed = await story.edge.http.options("/v1/chat", headers=preflight)
    assert "access-control-allow-origin" not in closed.headers
    origins = ["https://app.example"]
    async with running_edge(nats_url, database_url, tmp_path, cors_origins=origins, instance="2") as edge:
        opened = await edge.http.options("/v1/chat", headers=preflight)
        assert opened.headers["access-control-allow-origin"] == "https://app.example"
        other = await edge.http.options("/v1/chat", headers=preflight | {"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
