"""The first token is on the screen at once, and a conversation of 2,000 messages is read like one of two.

Their times are figures (`reports/smooth.json`, bench/RESULTS.md) and fail nothing: what is held is that each first
token reaches a frame, and that of 2,000 messages only those near the window are in the page.
"""

import json
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenReader
from tests.browser.first_paint import await_next, paints_of, watch_paints
from tests.browser.long_tasks import forget_tasks, long_tasks_ms, watch_tasks
from tests.browser.product import SCRIPTED, Account, Product
from tests.browser.reader import Reader
from tests.browser.test_steady import LONG

FIGURES = Path("reports/smooth.json")
TURNS = 1_000
QUESTIONS = 7
NEAR = 30
"""Questions; a window shows two or three."""
TYPED = "What was said about the lower gate?"


@pytest.fixture
def timed(visit: OpenReader, newcomer: Account) -> Reader:
    reader = visit(viewport={"width": 1280, "height": 800})
    watch_paints(reader.context)
    watch_tasks(reader.context)
    reader.signed_in(newcomer)
    return reader


def keep(name: str, figures: dict[str, Any]) -> None:
    known: dict[str, Any] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps({**known, name: figures}, indent=2))


def test_the_first_token_is_on_the_screen_at_once(timed: Reader) -> None:
    timed.page.goto("/")
    timed.choose(SCRIPTED)
    for number in range(QUESTIONS):
        timed.ask(
            f"Say: Answer {number} has **some words** that come one by one, and a [link](https://example.com/)."
        )
        expect(timed.answer).to_contain_text(f"Answer {number} has")
        timed.sees_end()
        await_next(timed.page)
    paints = paints_of(timed.page)
    assert len(paints) == QUESTIONS
    in_page, painted = ([round(paint[name], 1) for paint in paints] for name in ("inPage", "painted"))
    keep("first token", {"in page ms": in_page, "painted ms": painted, "p50 ms": statistics.median(painted)})


def test_two_thousand_messages_stay_smooth(timed: Reader, newcomer: Account, product: Product) -> None:
    turns = [(f"Question number {number}?", f"Answer number {number}.\n\n{LONG}") for number in range(TURNS)]
    chat = product.add_conversation(newcomer, "Two thousand", turns)
    began = time.monotonic()
    timed.page.goto(f"/c/{chat}")
    expect(timed.page.get_by_text("That is all there is").last).to_be_in_viewport(timeout=20_000)
    opened_s = time.monotonic() - began
    timed.page.wait_for_timeout(1_000)
    opening = long_tasks_ms(timed.page)
    questions = timed.page.locator("[data-question]")
    assert 0 < questions.count() < NEAR

    forget_tasks(timed.page)
    log = timed.page.get_by_role("log")
    box = log.bounding_box()
    assert box
    timed.page.mouse.move(box["x"] + 300, box["y"] + 300)
    for _ in range(120):
        timed.page.mouse.wheel(0, -900)
        timed.page.wait_for_timeout(16)
    timed.page.wait_for_timeout(300)
    scrolling = long_tasks_ms(timed.page)
    seen = int(log.evaluate("(element) => element.scrollHeight - element.scrollTop"))
    assert 0 < questions.count() < NEAR

    forget_tasks(timed.page)
    log.focus()
    timed.page.keyboard.press("Home")
    expect(timed.page.get_by_text("Question number 0?")).to_be_in_viewport()
    timed.page.keyboard.press("End")
    expect(timed.page.get_by_text("That is all there is").last).to_be_in_viewport()
    expect(timed.page.get_by_text(f"Answer number {TURNS - 1}.")).to_be_attached()
    timed.page.wait_for_timeout(300)
    jumping = long_tasks_ms(timed.page)

    forget_tasks(timed.page)
    timed.composer.focus()
    timed.page.keyboard.type(TYPED, delay=20)
    expect(timed.composer).to_have_value(TYPED)
    typing = long_tasks_ms(timed.page)

    forget_tasks(timed.page)
    timed.choose(SCRIPTED)
    timed.ask("Say: " + LONG)
    timed.sees_end()
    answering = long_tasks_ms(timed.page)
    tasks = {
        "opening": opening,
        "scrolling": scrolling,
        "jumping": jumping,
        "typing": typing,
        "answering": answering,
    }
    told = {
        name: {"n": len(each), "sum ms": round(sum(each)), "longest ms": round(max(each, default=0))}
        for name, each in tasks.items()
    }
    keep("2,000 messages", {"opened s": round(opened_s, 2), "scrolled px": seen, **told})
    assert 0 < questions.count() < NEAR
