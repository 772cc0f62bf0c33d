"""Everything by keys: the palette, the sheet of shortcuts, the way through a page."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenReader
from tests.browser.product import Account
from tests.browser.reader import Reader


@pytest.fixture
def typist(visit: OpenReader, newcomer: Account) -> Reader:
    reader = visit()
    reader.signed_in(newcomer)
    reader.asked("Which wheel turns below the old mill?", "Wheels")
    reader.asked("Who keeps the gate of the canal?", "Gates")
    reader.page.goto("/")
    expect(reader.page.locator("[data-row]")).to_have_count(2)
    return reader


def palette(reader: Reader) -> Locator:
    return reader.page.get_by_role("dialog", name="Search and commands")


def open_palette(reader: Reader) -> None:
    reader.page.keyboard.press("Control+k")
    expect(palette(reader).get_by_role("combobox")).to_be_focused()


def test_a_conversation_is_found_by_what_was_said_in_it(typist: Reader) -> None:
    open_palette(typist)
    typist.page.keyboard.type("old mill")
    hit = palette(typist).get_by_role("option", name="Wheels")
    expect(hit).to_be_visible()
    expect(hit.locator("mark").first).to_be_visible()
    expect(palette(typist).get_by_role("option", name="Gates")).to_have_count(0)
    typist.page.keyboard.press("Enter")
    expect(palette(typist)).to_have_count(0)
    expect(typist.page.get_by_text("Which wheel turns below the old mill?")).to_be_visible()


def test_a_command_is_given_and_escape_goes_back(typist: Reader) -> None:
    typist.composer.focus()
    open_palette(typist)
    typist.page.keyboard.press("Escape")
    expect(palette(typist)).to_have_count(0)
    expect(typist.composer).to_be_focused()
    open_palette(typist)
    typist.page.keyboard.type("Theme: dark")
    typist.page.keyboard.press("Enter")
    expect(typist.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_sheet_lists_the_shortcuts_and_they_do_what_it_says(typist: Reader) -> None:
    typist.page.keyboard.press("Control+/")
    sheet = typist.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_contain_text("New chat")
    expect(sheet).to_contain_text("Delete the conversation")
    typist.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    typist.page.get_by_role("link", name="Gates", exact=True).click()
    typist.page.wait_for_url("**/c/*")
    typist.page.keyboard.press("Control+Shift+o")
    typist.page.wait_for_url(f"{typist.product.url}/")
    expect(typist.composer).to_be_focused()
    typist.page.keyboard.press("Control+b")
    expect(typist.page.get_by_role("link", name="Gates", exact=True)).not_to_be_visible()
    typist.page.keyboard.press("Control+b")
    expect(typist.page.get_by_role("link", name="Gates", exact=True)).to_be_visible()


def test_who_opens_a_chat_may_type_at_once(typist: Reader) -> None:
    typist.page.reload()
    expect(typist.composer).to_be_focused()


def test_the_first_tab_leads_past_the_sidebar(typist: Reader) -> None:
    """Where no field has the focus from the beginning."""
    typist.page.goto("/knowledge")
    typist.page.keyboard.press("Tab")
    expect(typist.page.get_by_role("link", name="Skip to content")).to_be_focused()
    typist.page.keyboard.press("Enter")
    expect(typist.page.locator("#content")).to_be_focused()


def test_escape_stops_the_answer(typist: Reader) -> None:
    typist.ask("What does the keeper of the gate see in the morning?")
    typist.sees_beginning()
    typist.page.keyboard.press("Escape")
    typist.sees_end()
    expect(typist.answer.get_by_text("Stopped", exact=True)).to_be_visible()
