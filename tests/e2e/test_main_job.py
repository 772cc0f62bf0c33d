"""Sign in, add a document, ask, read a cited answer, find it in the history; and again after a restart."""

import time
import uuid
from pathlib import Path

import httpx
import pytest

from tests.e2e.person import Person, text_of
from tests.stack import Stack, running_stack

HANDBOOK = """\
# Handbook of the harbour office

The office opens at seven in the morning and closes at noon on Saturdays.

Lost property is kept in the boathouse for ninety days. After that it is given to the sailing school.

The crane can lift boats of up to twelve tonnes. Heavier boats must use the slipway on the north side.
"""
QUESTION = "How heavy a boat can the crane lift?"
SENTENCE = "The crane can lift boats of up to twelve tonnes."


@pytest.fixture(scope="module")
def person(extractive: Stack) -> Person:
    person = Person(extractive.url, extractive.sign_in())
    person.upload("handbook.md", HANDBOOK)
    return person


def test_the_ui_message_stream_cites_the_document(person: Person) -> None:
    chat = uuid.uuid4().hex
    parts = person.ask_ui(QUESTION, chat)
    assert SENTENCE in text_of(parts)
    sources = [part for part in parts if part["type"].startswith("source-")]
    assert any("handbook.md" in str(source) for source in sources)
    assert parts[0]["type"] == "start"
    assert parts[-1]["type"] == "finish"
    question, answer = person.history(chat, 2)
    assert (question["role"], answer["role"]) == ("user", "assistant")
    assert SENTENCE in str(answer)
    assert "handbook.md" in str(answer)


def test_the_data_stream_cites_the_document(person: Person) -> None:
    lines = person.ask_data(QUESTION)
    assert SENTENCE in "".join(value for code, value in lines if code == "0")
    assert any("handbook.md" in str(value) for code, value in lines if code == "h")
    assert lines[-1][0] == "d"


def test_a_conversation_can_be_listed_renamed_and_deleted(person: Person) -> None:
    chat = uuid.uuid4().hex
    person.ask_ui(QUESTION, chat)
    listed = person.http.get("/v1/conversations").json()
    assert chat in str(listed)
    assert person.http.patch(f"/v1/conversations/{chat}", json={"title": "Cranes"}).is_success
    assert "Cranes" in str(person.conversation(chat))
    assert person.http.delete(f"/v1/conversations/{chat}").is_success
    assert person.http.get(f"/v1/conversations/{chat}").status_code == 404


def test_a_document_can_be_found_and_deleted(person: Person) -> None:
    document = person.upload(
        "tides.txt", "High water at the pier is forty minutes after high water at the bridge."
    )
    search = {"query": "When is high water at the pier?", "limit": 1}
    assert "forty minutes" in person.http.post("/v1/search", json=search).text
    assert person.http.delete(f"/v1/documents/{document['id']}").is_success
    assert "forty minutes" not in person.http.post("/v1/search", json=search).text


def test_the_wrong_password_is_refused(extractive: Stack) -> None:
    answer = httpx.post(f"{extractive.url}/login", json={"username": "admin", "password": "wrong"})
    assert answer.status_code == 401


@pytest.mark.slow
@pytest.mark.timeout(360)
def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    chat = uuid.uuid4().hex
    with running_stack(data=tmp_path / "data") as stack:
        with Person(stack.url, stack.sign_in()) as person:
            person.upload("handbook.md", HANDBOOK)
            person.ask_ui(QUESTION, chat)
            person.history(chat, 2)
        password = stack.password
        assert stack.stop() == 0
    began = time.monotonic()
    with running_stack(data=tmp_path / "data") as stack:
        assert time.monotonic() - began < 60  # the 15 s are for a machine that is not shared
        assert stack.password == "", "the password is shown once"
        with Person(stack.url, stack.sign_in(password=password)) as person:
            assert SENTENCE in str(person.history(chat, 2))
            assert SENTENCE in text_of(person.ask_ui(QUESTION, uuid.uuid4().hex))
