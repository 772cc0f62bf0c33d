"""Light and dark, and the two languages."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenReader
from tests.browser.product import Product
from tests.browser.reader import Reader

DARK = re.compile(r"rgb\((2\d|1\d|\d), ")
"""A colour whose red is under 30."""
PAINTS = """
window.paints = [];
const look = () => {
  if (document.body) window.paints.push(getComputedStyle(document.body).backgroundColor);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def background(reader: Reader) -> str:
    return reader.page.evaluate("getComputedStyle(document.body).backgroundColor")


def choose(reader: Reader, *names: str) -> None:
    """In the menu of one's account."""
    reader.page.get_by_role("button", name="Account of admin").click()
    for name in names:
        reader.page.get_by_role("menuitemradio", name=name).click()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_follows_the_system(visit: OpenReader, theme: str) -> None:
    reader = visit(color_scheme=theme)
    reader.page.goto("/sign-in")
    assert bool(DARK.match(background(reader))) == (theme == "dark")
    reader.page.emulate_media(color_scheme="light" if theme == "dark" else "dark")
    assert bool(DARK.match(background(reader))) == (theme == "light")


def test_the_chosen_theme_holds_against_the_system_from_the_first_paint(
    visit: OpenReader, product: Product
) -> None:
    reader = visit(color_scheme="light")
    reader.signed_in(product.admin)
    reader.page.goto("/")
    choose(reader, "Dark")
    expect(reader.page.locator("html")).to_have_attribute("data-theme", "dark")
    reader.context.add_init_script(PAINTS)
    reader.page.reload()
    expect(reader.page.get_by_role("button", name="Account of admin")).to_be_visible()
    paints: list[str] = reader.page.evaluate("window.paints")
    assert paints
    assert all(map(DARK.match, paints)), paints


def test_the_language_is_the_browsers_until_another_is_chosen(visit: OpenReader, product: Product) -> None:
    reader = visit(locale="zh-CN")
    reader.page.goto("/sign-in")
    expect(reader.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(reader.page.get_by_role("button", name="登录")).to_be_visible()
    reader.page.get_by_role("button", name="English").click()
    expect(reader.page.locator("html")).to_have_attribute("lang", "en")
    reader.sign_in(product.admin)
    choose(reader, "简体中文")
    expect(reader.page.locator("html")).to_have_attribute("lang", "zh-CN")
    reader.page.reload()
    expect(reader.page.locator("html")).to_have_attribute("lang", "zh-CN")
