"""Questions that are not answered: whoever asked is told why, in the page's words, and can ask again."""

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenReader
from tests.browser.product import AT_A_TIME, SCRIPTED, Account, Product
from tests.browser.reader import Reader
from tests.browser.scripted import Answer
from tests.browser.test_chat import QUESTION, is_whole

WORKERS = ("inference-1", "inference-2", "inference-3")
EDGES = ("edge-1", "edge-2")
BACK_MS = 3_000
"""Then an edge has found what was away."""
MISSED_MS = 4_000
"""Then the edges know that a worker is gone."""
SILENT_FOR_MS = 5_000
IN_CHINESE = re.compile(r"^[^A-Za-z]+$")


@pytest.fixture
def mortal(product: Product) -> Generator[Product]:
    """Whose parts may be killed; each is back afterwards."""
    yield product
    for name in ("nats", "postgres", *EDGES):
        if not product.runs(name):
            product.restart(name)


@pytest.fixture
def pausable(product: Product) -> Generator[Product]:
    """Whose parts may be made to stand still."""
    yield product
    product.go_on(*WORKERS, "edge-1")


def again(reader: Reader) -> Locator:
    return reader.page.get_by_role("main").get_by_role("button", name="Try again", exact=True)


@pytest.mark.parametrize("part", ["nats", "postgres"])
def test_with_a_part_away_that_is_said_and_the_same_question_is_answered_later(
    reader: Reader, mortal: Product, part: str
) -> None:
    reader.page.goto("/")
    expect(reader.composer).to_be_visible()
    mortal.kill(part)
    reader.ask(QUESTION)
    expect(reader.alert("The service is busy or restarting.")).to_be_visible(timeout=20_000)
    mortal.restart(part)
    reader.page.wait_for_timeout(BACK_MS)
    again(reader).click()
    expect(reader.answer).to_be_visible(timeout=20_000)
    reader.sees_end()
    assert [message["role"] for message in reader.stored()] == ["user", "assistant"]


def test_a_question_that_finds_no_edge_is_asked_when_one_is_back(reader: Reader, mortal: Product) -> None:
    reader.page.goto("/")
    expect(reader.composer).to_be_visible()
    for edge in EDGES:
        mortal.kill(edge)
    reader.ask(QUESTION)
    expect(reader.page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
    for edge in EDGES:
        mortal.restart(edge)
    expect(reader.answer).to_be_visible(timeout=20_000)
    is_whole(reader)


def test_without_workers_the_question_is_kept_through_a_reload(reader: Reader, pausable: Product) -> None:
    reader.page.goto("/")
    expect(reader.composer).to_be_visible()
    pausable.pause(*WORKERS)
    reader.page.wait_for_timeout(MISSED_MS)
    reader.ask(QUESTION)
    expect(reader.alert("This model is away at the moment.")).to_be_visible()
    address = reader.page.url
    reader.page.reload()
    expect(reader.composer).to_have_value(QUESTION)
    pausable.go_on(*WORKERS)
    reader.page.wait_for_timeout(MISSED_MS)
    reader.composer.press("Enter")
    reader.sees_beginning()
    assert reader.page.url == address
    reader.sees_end()
    reader.page.reload()
    reader.sees_end()
    expect(reader.composer).to_have_value("")


def test_who_has_too_many_answers_under_way_waits_for_one(
    visit: OpenReader, product: Product, newcomer: Account
) -> None:
    reader = visit()
    reader.signed_in(newcomer)
    reader.page.goto("/")
    product.scripted.step_s = 0.5
    try:
        for _ in range(AT_A_TIME):
            reader.begun("Say: " + "slowly " * 30, model=SCRIPTED)
        reader.ask(QUESTION)
        expect(reader.alert("You have many answers under way.")).to_be_visible()
        expect(reader.alert("It can be tried again in 1 s.")).to_be_visible()
    finally:
        product.scripted.step_s = 0.01
    expect(again(reader)).to_be_enabled()
    reader.page.wait_for_timeout(2_000)  # the slow ones are quick now
    again(reader).click()
    reader.sees_beginning()


def test_an_edge_that_takes_a_question_and_says_nothing_is_told_and_can_be_given_up(
    reader: Reader, pausable: Product
) -> None:
    reader.page.goto("/")
    expect(reader.page.get_by_role("button", name=re.compile("^Model: "))).to_be_visible()
    pausable.pause("edge-1")
    reader.ask(QUESTION)
    expect(reader.page.get_by_text("The service does not reply yet.")).not_to_be_visible()
    expect(reader.page.get_by_text("The service does not reply yet.")).to_be_visible(
        timeout=SILENT_FOR_MS + 2_000
    )
    reader.page.get_by_role("button", name="Stop", exact=True).click()
    expect(reader.page.get_by_text("This question has no answer yet.")).to_be_visible(timeout=5_000)
    pausable.go_on("edge-1")
    again(reader).click()
    reader.sees_beginning()


def test_a_question_that_is_too_long_for_the_model_is_told_so(reader: Reader) -> None:
    reader.page.goto("/")
    expect(reader.composer).to_be_visible()
    reader.ask("word " * 9_000)
    expect(reader.alert("This is longer than the model can read.")).to_be_visible()


def test_an_answer_that_breaks_off_is_told_in_chinese_now_and_after_a_reload(
    visit: OpenReader, product: Product
) -> None:
    product.scripted.answers["讲一个故事"] = Answer("从前有一座闸门", fails=True)
    reader = visit(locale="zh-CN")
    reader.signed_in(product.admin)
    reader.page.goto("/")
    reader.page.get_by_role("button", name=re.compile("^模型")).click()
    reader.page.get_by_role("menuitemradio", name=SCRIPTED).click()
    field = reader.page.get_by_role("textbox", name="消息", exact=True)
    field.fill("讲一个故事")
    field.press("Enter")
    card = reader.page.get_by_role("alert").filter(has_text="重试")
    expect(card).to_contain_text("模型在生成这条回答时出错")
    expect(card).to_have_text(IN_CHINESE)
    reader.page.wait_for_timeout(1_000)
    reader.page.reload()
    expect(card).to_contain_text("模型在生成这条回答时出错")
    expect(card).to_have_text(IN_CHINESE)
