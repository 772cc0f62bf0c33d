"""axe finds nothing on any page: in both themes, both languages, on a desk and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.conftest import OpenReader
from tests.browser.product import Product
from tests.browser.reader import Reader

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


def judged(reader: Reader) -> None:
    found = violations(reader.page)
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
