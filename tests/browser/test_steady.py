"""Nothing jumps: while an answer is written, what is on the page stays where it is."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenReader
from tests.browser.product import EXTRACTIVE, SCRIPTED, SIMULATED, Account, Product
from tests.browser.reader import Reader
from tests.browser.scripted import Answer
from tests.browser.shifts import forget_shifts, shifts_of, told, watch_shifts
from tests.browser.test_knowledge import HANDBOOK

LIMIT = 0.05
QUESTION = "How does one pass a lock?"
LONG = """## Locks

A lock lets a boat climb. It has **two gates**, and a chamber between them.

- The lower gate opens, and the boat goes in.
- The lower gate closes, and the chamber fills.

| gate | opens |
| --- | --- |
| lower | first |
| upper | last |

```python
def climb(boat: str) -> str:
    return boat + " is up"
```

1. Never hurry.
2. Never tie the boat to the wall.

That is all there is to a lock, and most boats are through one in a quarter of an hour, if nobody else is waiting."""


SCREENS = [
    pytest.param({"viewport": {"width": 1280, "height": 800}}, id="desk"),
    pytest.param(
        {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}, id="phone"
    ),
]


@pytest.fixture(params=SCREENS)
def watcher(request: pytest.FixtureRequest, visit: OpenReader, newcomer: Account, product: Product) -> Reader:
    product.scripted.answers[QUESTION] = Answer(thought="A lock, then. Step by step.", text=LONG)
    reader = visit(**request.param)
    watch_shifts(reader.context)
    reader.signed_in(newcomer)
    reader.page.goto("/")
    return reader


def shift_while(reader: Reader, question: str) -> float:
    expect(reader.composer).to_be_visible()
    reader.composer.fill(question)
    reader.page.wait_for_timeout(600)
    forget_shifts(reader.page)
    reader.composer.press("Enter")
    reader.sees_end()
    reader.page.wait_for_timeout(600)
    shifts = shifts_of(reader.page)
    return total_of(shifts)


def total_of(shifts: list[dict[str, Any]]) -> float:
    total = sum(shift["value"] for shift in shifts)
    print(f"{total:.3f} in {len(shifts)} shifts\n{told(shifts)}")
    return total


def test_a_first_answer_with_all_that_markdown_has(watcher: Reader) -> None:
    watcher.choose(SCRIPTED)
    assert shift_while(watcher, QUESTION) < LIMIT


def test_a_starter_that_is_clicked_before_anything_was_typed(watcher: Reader) -> None:
    watcher.page.wait_for_timeout(600)
    forget_shifts(watcher.page)
    watcher.page.get_by_role("button", name="Explain something").click()
    watcher.sees_beginning()
    shifts = shifts_of(watcher.page)
    assert total_of(shifts) < LIMIT


def test_a_second_answer_below_the_first(watcher: Reader) -> None:
    watcher.choose(SIMULATED)
    watcher.ask("Tell me about locks.")
    watcher.sees_end()
    assert shift_while(watcher, "And about boats?") < LIMIT


def test_the_same_question_again(watcher: Reader) -> None:
    watcher.choose(SCRIPTED)
    watcher.ask(QUESTION)
    watcher.sees_end()
    watcher.page.wait_for_timeout(600)
    forget_shifts(watcher.page)
    watcher.page.get_by_role("button", name="Answer again").click()
    expect(watcher.page.get_by_text("2/2")).to_be_visible()
    watcher.sees_end()
    watcher.page.wait_for_timeout(600)
    shifts = shifts_of(watcher.page)
    assert total_of(shifts) < LIMIT


def test_an_answer_with_sources(watcher: Reader) -> None:
    watcher.upload("handbook.md", HANDBOOK.encode())
    watcher.choose(EXTRACTIVE)
    assert shift_while(watcher, "Who opens the gate of the third lock?") < LIMIT


def test_a_stored_conversation_is_opened(watcher: Reader, newcomer: Account, product: Product) -> None:
    turns = [(f"Question {number}?", LONG) for number in range(6)]
    chat = product.add_conversation(newcomer, "Locks", turns)
    watcher.page.goto(f"/c/{chat}")
    expect(watcher.answer).to_be_visible()
    watcher.page.wait_for_timeout(1_500)
    shifts = shifts_of(watcher.page)
    assert total_of(shifts) < LIMIT
