"""A hit of the search is gone to, and the way to the end is offered only where there is one."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenReader
from tests.browser.product import Account, Product
from tests.browser.reader import Reader
from tests.browser.stored import message_id

SETTLED_MS = 600
ANSWER = "The keeper opens it when the tide has turned.\n\n" * 6


@pytest.fixture
def searcher(visit: OpenReader, newcomer: Account) -> Reader:
    reader = visit(viewport={"width": 1280, "height": 800})
    reader.signed_in(newcomer)
    return reader


def jump(reader: Reader) -> Locator:
    return reader.page.get_by_role("button", name="To the latest message")


def test_all_of_it_is_in_sight(searcher: Reader, newcomer: Account, product: Product) -> None:
    chat = product.add_conversation(newcomer, "Gates", [("Who opens the gate?", "The keeper.")])
    searcher.page.goto(f"/c/{chat}?message={message_id(chat, 0)}")
    expect(searcher.page.get_by_text("The keeper.")).to_be_in_viewport()
    searcher.page.wait_for_timeout(SETTLED_MS)
    expect(jump(searcher)).to_have_count(0)


def test_the_last_message_is_the_end(searcher: Reader, newcomer: Account, product: Product) -> None:
    chat = product.add_conversation(newcomer, "Gates", [(f"Gate {number}?", ANSWER) for number in range(40)])
    searcher.page.goto(f"/c/{chat}?message={message_id(chat, 79)}")
    expect(searcher.page.get_by_text("Gate 39?")).to_be_attached()
    searcher.page.wait_for_timeout(SETTLED_MS)
    expect(jump(searcher)).to_have_count(0)


def test_one_in_the_middle_is_gone_to_and_the_end_is_a_click_away(
    searcher: Reader, newcomer: Account, product: Product
) -> None:
    chat = product.add_conversation(newcomer, "Gates", [(f"Gate {number}?", ANSWER) for number in range(40)])
    searcher.page.goto(f"/c/{chat}?message={message_id(chat, 40)}")
    expect(searcher.page.get_by_text("Gate 20?")).to_be_in_viewport()
    searcher.page.wait_for_timeout(SETTLED_MS)
    expect(searcher.page.get_by_text("Gate 20?")).to_be_in_viewport()
    jump(searcher).click()
    expect(searcher.page.get_by_role("article").last).to_be_in_viewport()
    expect(jump(searcher)).to_have_count(0)
