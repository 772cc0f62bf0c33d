"""No page fetches more than 250 kB of gzipped JavaScript before it is usable, in a browser that has nothing yet."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenReader
from tests.browser.product import Account, Product
from tests.browser.reader import Reader
from tests.browser.scripts_loaded import ScriptsLoaded

LIMIT_KB = 250
FIGURES = Path("reports/first-load.json")
"""What each page loaded, for who wants to know more than that it was not too much."""

ANSWER = """## Locks

A lock has **two gates**, and a [chamber](https://example.com/) between them:

1. The lower gate opens,
2. the boat goes in.

| gate | opens |
| --- | --- |
| lower | first |

> Only one at a time."""


@pytest.fixture
def stranger(visit: OpenReader) -> Reader:
    return visit()


def weigh(reader: Reader, path: str, sees: str) -> float:
    loaded = ScriptsLoaded(reader.context)
    reader.page.goto(path)
    expect(reader.page.get_by_text(sees).first).to_be_visible()
    scripts = loaded.until_quiet(reader.page)
    total_kb = sum(scripts.values()) / 1000
    keep(path, {"kB": round(total_kb, 1), "files": dict(sorted(scripts.items(), key=lambda each: -each[1]))})
    return total_kb


def keep(path: str, figure: dict[str, object]) -> None:
    page = "/c/<id>" if path.startswith("/c/") else path
    figures: dict[str, object] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps({**figures, page: figure}, indent=2))


def test_a_new_chat(stranger: Reader, newcomer: Account) -> None:
    stranger.signed_in(newcomer)
    assert weigh(stranger, "/", "What would you like to know?") < LIMIT_KB


def test_a_stored_conversation(stranger: Reader, newcomer: Account, product: Product) -> None:
    stranger.signed_in(newcomer)
    chat = product.add_conversation(newcomer, "Locks", [("How does a lock work?", ANSWER)] * 3)
    assert weigh(stranger, f"/c/{chat}", "Only one at a time.") < LIMIT_KB
    expect(stranger.answer.get_by_role("cell", name="lower")).to_be_visible()


def test_the_knowledge_base(stranger: Reader, newcomer: Account) -> None:
    stranger.signed_in(newcomer)
    assert weigh(stranger, "/knowledge", "Knowledge") < LIMIT_KB


def test_sign_in(stranger: Reader) -> None:
    assert weigh(stranger, "/sign-in", "Sign in") < LIMIT_KB
