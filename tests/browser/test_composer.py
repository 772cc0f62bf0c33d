"""Writing a question: input methods, files, models, drafts. Nothing that was written is lost or sent by mistake."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenReader
from tests.browser.giving import InputMethod, copy_picture, copy_text, drop, picture
from tests.browser.product import EXTRACTIVE, SCRIPTED, SIMULATED, Account, Product
from tests.browser.reader import Reader
from tests.browser.scripted import Answer

NOTES = b"# Notes\n\nThe gate of the third lock is green.\n"


@pytest.fixture
def sighted(reader: Reader) -> Reader:
    """At a new chat, with a model that takes pictures, and a clipboard."""
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.page.goto("/")
    reader.choose(SCRIPTED)
    return reader


def attached(reader: Reader) -> Locator:
    return reader.page.locator("form").get_by_role("list", name="Attached files").get_by_role("listitem")


def test_enter_that_chooses_a_word_of_an_input_method_sends_nothing(reader: Reader) -> None:
    reader.page.goto("/")
    reader.composer.focus()
    method = InputMethod(reader.page)
    method.compose("nihao")
    method.press_enter()
    expect(reader.composer).to_have_value("nihao")
    method.commit("你好")
    expect(reader.composer).to_have_value("你好")
    expect(reader.page).to_have_url(re.compile(r"/$"))
    reader.composer.press("Enter")
    expect(reader.page.locator("[data-question]")).to_contain_text("你好")


def test_an_edited_question_is_not_sent_by_an_input_method_either(reader: Reader) -> None:
    reader.page.goto("/")
    reader.choose(SCRIPTED)
    reader.ask("Say: One.")
    reader.sees_end()
    reader.page.locator("[data-question]").hover()
    reader.page.get_by_role("button", name="Edit", exact=True).click()
    field = reader.page.get_by_role("textbox", name="Edit your message")
    method = InputMethod(reader.page)
    method.compose("er")
    method.press_enter()
    expect(field).to_be_visible()
    method.commit("二")
    field.press("Enter")
    expect(reader.page.locator("[data-question]")).to_contain_text("Say: One.二")


def test_pictures_and_texts_are_sent_shown_and_stored(sighted: Reader, product: Product) -> None:
    product.scripted.answers["What are these?"] = Answer("A picture, and notes.")
    copy_picture(sighted.page, picture())
    sighted.composer.focus()
    sighted.page.keyboard.press("Control+V")
    drop(sighted.page, "notes.md", "text/markdown", NOTES)
    drop(sighted.page, "second.png", "image/png", picture(2_400, 1_200))
    drop(sighted.page, "not this one.md", "text/markdown", NOTES)
    expect(attached(sighted)).to_have_count(4)
    sighted.page.get_by_role("button", name="Remove not this one.md").click()
    expect(attached(sighted)).to_have_count(3)
    sighted.ask("What are these?")
    expect(sighted.answer).to_contain_text("A picture, and notes.")
    shown = [body for body in product.scripted.asked if b"What are these?" in body]
    assert b'"image_url"' in shown[0], "the model was shown the pictures"
    assert b"third lock is green" in shown[0]
    expect(attached(sighted)).to_have_count(0)
    for _ in range(2):
        question = sighted.page.locator("[data-question]")
        expect(question.get_by_role("img").or_(question.locator("img"))).to_have_count(2)
        expect(question).to_contain_text("notes.md")
        sighted.sees_end()
        sighted.page.reload()
    files = [part for part in sighted.stored()[0]["parts"] if part["type"] == "file"]
    assert len(files) == 3
    assert all(file["url"].startswith("data:") for file in files), "all of them are kept"
    sighted.page.get_by_role("button", name="Enlarge second.png").click()
    expect(sighted.page.get_by_role("dialog", name="second.png").get_by_role("img")).to_be_visible()


def test_a_long_text_that_is_pasted_becomes_a_file(sighted: Reader) -> None:
    copy_text(sighted.page, "A line of a very long text.\n" * 400)
    sighted.composer.focus()
    sighted.page.keyboard.press("Control+V")
    expect(attached(sighted)).to_contain_text("Pasted text.txt")
    expect(sighted.composer).to_have_value("")
    copy_text(sighted.page, "Shorten it, please.")
    sighted.page.keyboard.press("Control+V")
    expect(sighted.composer).to_have_value("Shorten it, please.")


@pytest.mark.parametrize(
    ("name", "media_type", "content", "told"),
    [
        ("archive.zip", "application/zip", b"PK\3\4", "archive.zip is neither a picture nor a text."),
        ("long.txt", "text/plain", b"x" * 256_001, "long.txt is too large: texts may have 256 kB."),
        ("broken.png", "image/png", b"no picture", "broken.png could not be read."),
        ("binary.txt", "text/plain", b"a\0b", "binary.txt could not be read."),
        ("photo.heic", "image/heic", b"x", "photo.heic is of a kind that cannot be shown to a model."),
    ],
)
def test_what_cannot_be_sent_is_said_so_at_once(
    sighted: Reader, name: str, media_type: str, content: bytes, told: str
) -> None:
    drop(sighted.page, name, media_type, content)
    expect(sighted.alert(told)).to_be_visible()
    expect(attached(sighted)).to_have_count(0)


def test_texts_that_are_too_much_together_are_said_so(sighted: Reader) -> None:
    drop(sighted.page, "one.txt", "text/plain", b"x" * 100_000)
    expect(attached(sighted)).to_have_count(1)
    drop(sighted.page, "two.txt", "text/plain", b"x" * 100_000)
    expect(sighted.alert("two.txt is too much beside the others")).to_be_visible()
    expect(attached(sighted)).to_have_count(1)


def test_a_model_that_takes_no_pictures_is_told_apart_and_the_chat_goes_on(sighted: Reader) -> None:
    drop(sighted.page, "gate.png", "image/png", picture())
    expect(attached(sighted)).to_have_count(1)
    sighted.choose(SIMULATED)
    expect(sighted.alert("simulated takes no pictures.")).to_be_visible()
    expect(sighted.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    sighted.choose(SCRIPTED)
    sighted.ask("Say: A gate.")
    sighted.sees_end()
    sighted.choose(SIMULATED)
    sighted.page.get_by_role("button", name="Answer again").click()
    expect(sighted.alert("This model takes no pictures.")).to_be_visible()
    sighted.page.get_by_role("button", name="Earlier answer").click()
    expect(sighted.answers).to_have_count(1)
    sighted.ask("And without it?")
    sighted.sees_beginning()
    sighted.sees_end()


def test_a_model_is_chosen_by_keys_and_remembered(reader: Reader) -> None:
    reader.page.goto("/")
    picker = reader.page.get_by_role("button", name=re.compile("^Model: "))
    expect(picker).to_have_accessible_name("Model: simulated")
    picker.focus()
    picker.press("Enter")
    chosen = reader.page.get_by_role("menuitemradio", name=SIMULATED)
    expect(chosen).to_have_attribute("aria-checked", "true")
    reader.page.keyboard.type(SCRIPTED[:3])
    expect(reader.page.get_by_role("menuitemradio", name=SCRIPTED)).to_be_focused()
    reader.page.keyboard.press("Enter")
    expect(picker).to_have_accessible_name("Model: scripted")
    expect(reader.composer).to_be_focused()
    reader.page.reload()
    expect(picker).to_have_accessible_name("Model: scripted")


def test_a_chosen_model_that_is_away_is_told_and_comes_back(reader: Reader, product: Product) -> None:
    reader.page.goto("/")
    reader.choose(EXTRACTIVE)
    product.pause("inference-1")
    try:
        reader.page.wait_for_timeout(4_000)  # until the edges miss its reports
        reader.ask("Who opens the gate?")
        expect(reader.alert("This model is away at the moment.")).to_be_visible()
        picker = reader.page.get_by_role("button", name=re.compile("^Model: "))
        expect(picker).to_have_accessible_name("Model: simulated")
        picker.click()
        away = reader.page.get_by_role("menuitemradio", name=EXTRACTIVE)
        expect(away).to_contain_text("not available now")
        expect(away).to_have_attribute("aria-disabled", "true")
        reader.page.keyboard.press("Escape")
        reader.page.get_by_role("button", name="Try again").click()
        reader.sees_beginning()
    finally:
        product.go_on("inference-1")
    reader.page.wait_for_timeout(2_000)
    reader.page.goto("/")
    expect(picker).to_have_accessible_name("Model: sluice-extractive")


def test_a_draft_is_its_writers_alone(visit: OpenReader, product: Product, newcomer: Account) -> None:
    reader = visit()
    reader.signed_in(newcomer)
    reader.page.goto("/")
    reader.composer.fill("a secret of the first")
    reader.page.wait_for_timeout(500)
    reader.signed_in(product.admin)
    reader.page.goto("/")
    expect(reader.page.get_by_role("button", name="Account of admin")).to_be_visible()
    expect(reader.composer).to_have_value("")
    reader.signed_in(newcomer)
    reader.page.goto("/")
    expect(reader.composer).to_have_value("a secret of the first")
    reader.page.get_by_role("button", name=f"Account of {newcomer.name}").click()
    reader.page.get_by_role("menuitem", name="Sign out").click()
    reader.sees_sign_in()
    assert "secret" not in reader.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


def test_what_was_typed_is_kept_where_the_page_cannot_load_what_it_needs(reader: Reader) -> None:
    reader.page.goto("/")
    expect(reader.composer).to_be_visible()
    reader.page.route("**/_next/static/**", lambda route: route.abort())
    reader.composer.fill("a question for later")
    reader.composer.press("Enter")
    expect(reader.page.get_by_text("Sluice can't be reached.").first).to_be_visible()
    expect(reader.composer).to_have_value("a question for later")
    reader.page.unroute("**/_next/static/**")
    reader.composer.press("Enter")
    expect(reader.page.locator("[data-question]")).to_contain_text("a question for later")
    reader.sees_beginning()
    reader.watch.forgive()


def test_a_very_long_question_is_folded(reader: Reader) -> None:
    reader.page.goto("/")
    reader.choose(SCRIPTED)
    reader.ask("Say: Short.\n" + "a line of the question\n" * 60)
    reader.sees_end()
    question = reader.page.locator("[data-question]")
    folded = question.bounding_box()
    question.get_by_role("button", name="Show more").click()
    expect(question.get_by_role("button", name="Show less")).to_be_visible()
    unfolded = question.bounding_box()
    assert folded is not None
    assert unfolded is not None
    assert folded["height"] < 450 < unfolded["height"]
