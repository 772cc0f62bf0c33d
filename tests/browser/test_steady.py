"""Nothing jumps: while an answer is written, what is on the page stays where it is."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenReader
from tests.browser.product import EXTRACTIVE, SCRIPTED, SIMULATED, Account, Product
from tests.browser.reader import ANSWERED_WITHIN_MS, Reader
from tests.browser.scripted import Answer
from tests.browser.shifts import forget_shifts, shifts_of, told, watch_shifts
from tests.browser.test_knowledge import HANDBOOK

LIMIT = 0.05
SETTLED_MS = 600
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


def is_steady(reader: Reader) -> None:
    shifts = shifts_of(reader.page)
    total = sum(shift["value"] for shift in shifts)
    assert total < LIMIT, f"{total:.3f} in {len(shifts)} shifts\n{told(shifts)}"


def stays_while_asked(reader: Reader, question: str) -> None:
    reader.composer.fill(question)
    reader.page.wait_for_timeout(SETTLED_MS)
    forget_shifts(reader.page)
    reader.composer.press("Enter")
    expect(reader.page.get_by_role("article", name="You said:").get_by_text(question)).to_be_visible()
    written = reader.page.get_by_role("article").last
    expect(written).to_have_attribute("aria-busy", "false", timeout=ANSWERED_WITHIN_MS)
    reader.page.wait_for_timeout(SETTLED_MS)
    is_steady(reader)


def test_a_first_answer_with_all_that_markdown_has(watcher: Reader) -> None:
    watcher.choose(SCRIPTED)
    stays_while_asked(watcher, QUESTION)


def test_a_starter_that_is_clicked_before_anything_was_typed(watcher: Reader) -> None:
    watcher.page.wait_for_timeout(SETTLED_MS)
    forget_shifts(watcher.page)
    watcher.page.get_by_role("button", name="Explain something").click()
    watcher.sees_beginning()
    is_steady(watcher)


def test_a_second_answer_below_the_first(watcher: Reader) -> None:
    watcher.choose(SIMULATED)
    watcher.ask("Tell me about locks.")
    watcher.sees_end()
    stays_while_asked(watcher, "And about boats?")


def test_the_same_question_again(watcher: Reader) -> None:
    watcher.choose(SCRIPTED)
    watcher.ask(QUESTION)
    watcher.sees_end()
    watcher.page.wait_for_timeout(SETTLED_MS)
    forget_shifts(watcher.page)
    watcher.page.get_by_role("button", name="Answer again").click()
    expect(watcher.page.get_by_text("2/2")).to_be_visible()
    watcher.sees_end()
    watcher.page.wait_for_timeout(SETTLED_MS)
    is_steady(watcher)


def test_an_answer_with_sources(watcher: Reader) -> None:
    watcher.upload("handbook.md", HANDBOOK.encode())
    watcher.choose(EXTRACTIVE)
    stays_while_asked(watcher, "Who opens the gate of the third lock?")


def test_a_stored_conversation_is_opened(watcher: Reader, newcomer: Account, product: Product) -> None:
    turns = [(f"Question {number}?", LONG) for number in range(6)]
    chat = product.add_conversation(newcomer, "Locks", turns)
    watcher.page.goto(f"/c/{chat}")
    expect(watcher.answer).to_be_visible()
    watcher.page.wait_for_timeout(1_500)
    is_steady(watcher)
