"""axe finds nothing on any page: in both themes, both languages, on a desk and on a phone."""

import json
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.axe import RULES, WCAG, violations
from tests.browser.conftest import OpenReader
from tests.browser.product import SCRIPTED, Product
from tests.browser.reader import Reader
from tests.browser.test_knowledge import HANDBOOK
from tests.browser.test_markdown import RICH
from tests.browser.test_parts import CHART, TABLE

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS = [
    pytest.param(("light", DESK, "en-GB"), id="light"),
    pytest.param(("dark", DESK, "zh-CN"), id="dark-chinese"),
    pytest.param(("light", PHONE, "zh-CN"), id="phone-light-chinese"),
    pytest.param(("dark", PHONE, "en-GB"), id="phone-dark"),
]
Open = Callable[..., Reader]


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest, visit: OpenReader) -> Open:
    """A reader with that theme, screen and language, where nothing moves."""
    theme, size, language = request.param

    def open_reader() -> Reader:
        is_phone = size is PHONE
        return visit(
            color_scheme=theme,
            viewport=size,
            locale=language,
            reduced_motion="reduce",
            has_touch=is_phone,
            is_mobile=is_phone,
        )

    return open_reader


def judged(reader: Reader, rules: Sequence[str] = RULES) -> None:
    found = violations(reader.page, rules)
    assert not found, "\n".join(found)
    wide: bool = reader.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "the page scrolls sideways"


def test_sign_in(look: Open) -> None:
    reader = look()
    reader.page.goto("/sign-in?reason=ended")
    expect(reader.page.locator("form")).to_be_visible()
    judged(reader)


def test_a_page_that_is_not_there(look: Open, product: Product) -> None:
    reader = look()
    reader.signed_in(product.admin)
    reader.page.goto("/nowhere")
    expect(reader.page.get_by_role("heading", level=1)).to_be_visible()
    judged(reader)


def test_a_new_chat(look: Open, product: Product) -> None:
    reader = look()
    reader.signed_in(product.admin)
    reader.page.goto("/")
    expect(reader.page.get_by_role("textbox")).to_be_visible()
    judged(reader)


def test_a_conversation_with_all_that_there_is(look: Open, product: Product) -> None:
    reader = look()
    reader.signed_in(product.admin)
    chat = reader.asked(RICH, model=SCRIPTED, max_tokens=400)
    reader.page.goto(f"/c/{chat}")
    expect(reader.page.locator(".katex").first).to_be_visible()
    judged(reader)
    for tool, given in (("show_table", TABLE), ("show_chart", CHART)):
        reader.page.goto("/")
        reader.awake()
        reader.page.get_by_role("textbox").fill(f"use {tool} {json.dumps(given, ensure_ascii=False)}")
        reader.page.get_by_role("textbox").press("Enter")
        expect(reader.page.get_by_role("article", name=given["title"])).to_be_visible()
        judged(reader)


def test_knowledge(look: Open, product: Product) -> None:
    reader = look()
    reader.signed_in(product.admin)
    reader.upload("handbook.txt", HANDBOOK.encode())
    reader.page.goto("/knowledge")
    expect(reader.page.get_by_text("handbook.txt").filter(visible=True).first).to_be_visible()
    judged(reader)


def test_the_palette(look: Open, product: Product) -> None:
    reader = look()
    reader.signed_in(product.admin)
    reader.page.goto("/")
    reader.page.keyboard.press("Control+k")
    expect(reader.page.get_by_role("dialog").get_by_role("combobox")).to_be_visible()
    judged(reader)


def test_every_menu_while_it_is_open(look: Open, product: Product) -> None:
    reader = look()
    reader.signed_in(product.admin)
    reader.page.goto("/")
    buttons = reader.page.locator("button[aria-haspopup=menu]").filter(visible=True)
    expect(buttons.first).to_be_visible()
    for place in range(buttons.count()):
        buttons.nth(place).click()
        expect(reader.page.get_by_role("menu")).to_be_visible()
        judged(reader, WCAG)  # it floats outside the landmarks, which no success criterion forbids
        reader.page.keyboard.press("Escape")
        expect(reader.page.get_by_role("menu")).to_have_count(0)
