"""The sidebar: conversations are found, renamed, pinned, deleted, brought back, and taken along."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenReader
from tests.browser.product import Account
from tests.browser.reader import Reader


@pytest.fixture
def historian(visit: OpenReader, newcomer: Account) -> Reader:
    """Two conversations of the past."""
    reader = visit(accept_downloads=True)
    reader.signed_in(newcomer)
    reader.asked("Which wheel turns below the old mill?", "Wheels")
    reader.asked("Who keeps the gate of the canal?", "Gates")
    reader.page.goto("/")
    return reader


def row(reader: Reader, title: str) -> Locator:
    return reader.page.get_by_role("link", name=title, exact=True)


def act(reader: Reader, title: str, action: str) -> None:
    row(reader, title).hover()
    reader.page.get_by_role("button", name=f"More for “{title}”").click()
    reader.page.get_by_role("menuitem", name=action).click()


def order(reader: Reader) -> list[str]:
    titles = reader.page.locator("[data-row]")
    return titles.all_inner_texts()


def test_the_newest_is_first_and_one_is_opened_by_a_click(historian: Reader) -> None:
    expect(row(historian, "Gates")).to_be_visible()
    assert order(historian) == ["Gates", "Wheels"]
    row(historian, "Wheels").click()
    expect(historian.page.get_by_text("Which wheel turns below the old mill?")).to_be_visible()
    expect(row(historian, "Wheels")).to_have_attribute("aria-current", "page")


def test_a_conversation_is_renamed(historian: Reader) -> None:
    act(historian, "Gates", "Rename")
    field = historian.page.get_by_role("textbox", name="New title")
    expect(field).to_have_value("Gates")
    field.fill("Locks")
    field.press("Enter")
    expect(row(historian, "Locks")).to_be_visible()
    historian.page.reload()
    expect(row(historian, "Locks")).to_be_visible()
    expect(row(historian, "Gates")).to_have_count(0)


def test_a_pinned_one_stays_above_the_others(historian: Reader) -> None:
    expect(row(historian, "Wheels")).to_be_visible()
    act(historian, "Wheels", "Pin")
    expect(historian.page.get_by_text("Pinned", exact=True)).to_be_visible()
    historian.page.reload()
    expect(historian.page.get_by_text("Pinned", exact=True)).to_be_visible()
    assert order(historian) == ["Wheels", "Gates"]
    act(historian, "Wheels", "Unpin")
    expect(historian.page.get_by_text("Pinned", exact=True)).to_have_count(0)
    assert order(historian) == ["Gates", "Wheels"]


def test_a_deleted_one_comes_back_by_undo(historian: Reader) -> None:
    act(historian, "Gates", "Delete")
    expect(row(historian, "Gates")).to_have_count(0)
    historian.page.get_by_role("button", name="Undo").click()
    expect(row(historian, "Gates")).to_be_visible()
    historian.page.reload()
    expect(row(historian, "Gates")).to_be_visible()


def test_a_deleted_one_is_gone_for_good_without_it(historian: Reader) -> None:
    act(historian, "Gates", "Delete")
    expect(historian.page.get_by_text("“Gates” was deleted", exact=True)).to_be_visible()
    historian.page.reload()
    expect(row(historian, "Wheels")).to_be_visible()
    expect(row(historian, "Gates")).to_have_count(0)


def test_the_list_is_used_by_keys_alone(historian: Reader) -> None:
    row(historian, "Gates").focus()
    historian.page.keyboard.press("ArrowDown")
    expect(row(historian, "Wheels")).to_be_focused()
    historian.page.keyboard.press("F2")
    historian.page.keyboard.type("Mills")
    historian.page.keyboard.press("Enter")
    expect(row(historian, "Mills")).to_be_focused()
    historian.page.keyboard.press("Delete")
    expect(row(historian, "Mills")).to_have_count(0)


def test_a_conversation_is_taken_along_as_markdown_and_json(historian: Reader) -> None:
    kept: dict[str, str] = {}
    for action in ("Export as Markdown", "Export as JSON"):
        with historian.page.expect_download() as download:
            act(historian, "Gates", action)
        kept[Path(download.value.suggested_filename).suffix] = download.value.path().read_text()
    assert kept.keys() == {".md", ".json"}
    assert "Who keeps the gate of the canal?" in kept[".md"]
    assert "Who keeps the gate of the canal?" in json.dumps(json.loads(kept[".json"]), ensure_ascii=False)


def test_a_new_conversation_gets_a_title_by_itself(historian: Reader) -> None:
    historian.ask("Say when boats may pass the third lock")
    historian.sees_beginning()
    expect(historian.page.locator("[data-row]")).to_have_count(3)
    historian.sees_end()
    first = historian.page.locator("[data-row]").first
    expect(first).not_to_have_text("Untitled", timeout=15_000)
    assert first.inner_text().strip()


def test_a_long_history_is_read_as_it_is_scrolled(visit: OpenReader, newcomer: Account) -> None:
    reader = visit(viewport={"width": 1280, "height": 500})
    reader.signed_in(newcomer)
    for number in range(60):
        reader.asked("How long is it?", f"Number {number}", max_tokens=1)
    reader.page.goto("/")
    expect(row(reader, "Number 59")).to_be_visible()
    row(reader, "Number 59").focus()
    reader.page.keyboard.press("End")
    expect(row(reader, "Number 9")).to_be_visible()
    reader.page.keyboard.press("End")
    expect(row(reader, "Number 0")).to_be_visible()
