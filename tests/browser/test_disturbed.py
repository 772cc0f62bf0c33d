"""Answers while something breaks: an edge, the network, the sign-in."""

from collections.abc import Generator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenReader
from tests.browser.product import Account, Product
from tests.browser.reader import Reader
from tests.browser.test_chat import QUESTION, is_whole, text_shown


@pytest.fixture
def mortal_edge(product: Product) -> Generator[Product]:
    yield product
    product.restart_edge()


def test_an_edge_is_killed_in_mid_answer_and_the_other_one_goes_on(
    reader: Reader, mortal_edge: Product
) -> None:
    reader.page.goto("/")
    reader.ask(QUESTION)
    reader.sees_beginning()
    seen = text_shown(reader)
    mortal_edge.kill_edge()
    is_whole(reader)
    assert text_shown(reader).startswith(seen)


def test_the_network_is_lost_in_mid_answer_and_comes_back(reader: Reader, product: Product) -> None:
    reader.page.goto("/")
    reader.ask(QUESTION)
    reader.sees_beginning()
    reader.context.set_offline(True)
    product.network("gone")
    expect(reader.page.get_by_text("You are offline.")).to_be_visible()
    product.network("passing")
    reader.context.set_offline(False)
    expect(reader.page.get_by_text("You are offline.")).not_to_be_visible()
    is_whole(reader)


def test_connections_that_break_while_the_browser_is_online_are_made_anew(
    reader: Reader, product: Product
) -> None:
    reader.page.goto("/")
    reader.ask(QUESTION)
    reader.sees_beginning()
    product.network("gone")
    product.network("passing")
    is_whole(reader)


def test_who_is_signed_out_elsewhere_in_mid_answer_signs_in_and_reads_on(
    visit: OpenReader, product: Product, newcomer: Account
) -> None:
    reader = visit()
    reader.signed_in(newcomer)
    reader.page.goto("/")
    reader.ask(QUESTION)
    reader.sees_beginning()
    address = reader.page.url
    product.force_out(newcomer)
    reader.sees_sign_in()
    expect(reader.page.get_by_text("Your session ended. Sign in to go on where you were.")).to_be_visible()
    product.let_in(newcomer)
    reader.sign_in(newcomer)
    reader.page.wait_for_url(address)
    reader.sees_end()
    assert text_shown(reader) == reader.stored_in_the_end(2)[1]["text"]
