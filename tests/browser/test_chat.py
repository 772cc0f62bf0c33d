"""Asking and being answered: what is shown in the end is what was stored, whatever happened in between."""

import re

from playwright.sync_api import Route, expect

from tests.browser.product import SCRIPTED
from tests.browser.reader import Reader

QUESTION = "What does the keeper of the gate see in the morning?"


def text_shown(reader: Reader) -> str:
    """The words of the newest answer without the buttons below it."""
    return " ".join(reader.answer.locator("p").first.inner_text().split())


def is_whole(reader: Reader) -> None:
    """One answer, to its end, and word for word what the edge stored."""
    reader.sees_end()
    expect(reader.answers).to_have_count(1)
    stored = reader.stored_in_the_end(2)
    assert [message["role"] for message in stored] == ["user", "assistant"]
    assert stored[1]["status"] == "complete"
    assert text_shown(reader) == stored[1]["text"]


def test_an_answer_appears_word_by_word_and_is_stored(reader: Reader) -> None:
    reader.page.goto("/")
    reader.ask(QUESTION)
    reader.sees_beginning()
    first = text_shown(reader)
    expect(reader.composer).to_be_focused()
    expect(reader.composer).to_have_value("")
    is_whole(reader)
    assert text_shown(reader).startswith(first)
    assert len(text_shown(reader).split()) == 240
    expect(reader.page.get_by_text(QUESTION).last).to_be_visible()


def test_a_stopped_answer_stays_as_far_as_it_came_and_the_chat_goes_on(reader: Reader) -> None:
    reader.page.goto("/")
    reader.ask(QUESTION)
    reader.sees_beginning()
    reader.page.get_by_role("button", name="Stop", exact=True).click()
    reader.sees_end()
    expect(reader.composer).to_be_focused()
    expect(reader.answer.get_by_text("Stopped", exact=True)).to_be_visible()
    assert 5 <= len(text_shown(reader).split()) < 240
    reader.page.reload()
    expect(reader.answer.get_by_text("Stopped", exact=True)).to_be_visible()
    assert text_shown(reader) == reader.stored()[1]["text"]
    reader.choose(SCRIPTED)
    reader.ask("Say: And on it goes.")
    expect(reader.answer).to_contain_text("And on it goes.")
    expect(reader.answers).to_have_count(2)


def test_a_reload_in_mid_answer_goes_on_with_it(reader: Reader) -> None:
    reader.page.goto("/")
    reader.ask(QUESTION)
    reader.sees_beginning()
    seen = text_shown(reader)
    reader.page.reload()
    reader.sees_beginning(len(seen.split()))
    assert text_shown(reader).startswith(seen)
    is_whole(reader)


def test_a_second_tab_shows_the_same_answer_while_it_is_written(reader: Reader) -> None:
    reader.page.goto("/")
    reader.ask(QUESTION)
    reader.sees_beginning()
    other = reader.tab()
    other.page.goto(f"/c/{reader.conversation}")
    other.sees_beginning()
    is_whole(other)
    is_whole(reader)
    assert text_shown(other) == text_shown(reader)


def test_a_question_is_edited_and_both_branches_stay(reader: Reader) -> None:
    reader.page.goto("/")
    reader.choose(SCRIPTED)
    reader.ask("Say: The first answer.")
    expect(reader.answer).to_contain_text("The first answer.")
    reader.sees_end()
    reader.page.get_by_text("Say: The first answer.").last.hover()
    reader.page.get_by_role("button", name="Edit", exact=True).click()
    field = reader.page.get_by_role("textbox", name="Edit your message")
    expect(field).to_be_focused()
    field.press("Escape")
    expect(reader.page.get_by_role("button", name="Edit", exact=True)).to_be_focused()
    reader.page.keyboard.press("Enter")
    field.fill("Say: The second answer.")
    field.press("Enter")
    expect(reader.composer).to_be_focused()
    expect(reader.answer).to_contain_text("The second answer.")
    reader.sees_end()
    expect(reader.answers).to_have_count(1)
    reader.page.reload()
    expect(reader.answer).to_contain_text("The second answer.")
    reader.page.get_by_role("button", name="Previous version").first.click()
    expect(reader.answer).to_contain_text("The first answer.")
    expect(reader.page.get_by_text("1/2").first).to_be_visible()
    reader.page.get_by_role("button", name="Next version").first.click()
    expect(reader.answer).to_contain_text("The second answer.")


def test_an_answer_is_asked_for_again_and_both_stay(reader: Reader) -> None:
    reader.page.goto("/")
    reader.choose(SCRIPTED)
    reader.ask("Say: Once more.")
    reader.sees_end()
    reader.page.get_by_role("button", name="Answer again").click()
    expect(reader.page.get_by_text("2/2")).to_be_visible()
    reader.sees_end()
    messages = reader.stored_in_the_end(3)
    assert [message["role"] for message in messages] == ["user", "assistant", "assistant"]
    assert {message["parent"] for message in messages[1:]} == {messages[0]["id"]}


def test_what_was_typed_is_there_after_a_reload(reader: Reader) -> None:
    reader.page.goto("/")
    reader.composer.fill("a thought that is not finished")
    reader.page.reload()
    expect(reader.composer).to_have_value("a thought that is not finished")


def test_a_models_thoughts_are_kept_apart_and_folded_away(reader: Reader) -> None:
    reader.page.goto("/")
    reader.ask("Please think before you answer.")
    fold = reader.answer.get_by_text(re.compile("^Thought for"))
    expect(fold).to_be_visible(timeout=15_000)
    expect(reader.answer.get_by_text("weigh one against")).not_to_be_visible()
    fold.click()
    expect(reader.answer.get_by_text("weigh one against")).to_be_visible()


def test_what_was_typed_before_the_pages_scripts_came_is_kept(reader: Reader) -> None:
    held: list[Route] = []
    reader.page.route("**/*.js", lambda route: held.append(route))
    reader.page.goto("/", wait_until="commit")
    reader.composer.fill("typed too early")
    for route in held:
        route.continue_()
    reader.page.unroute("**/*.js")
    reader.awake()
    reader.page.wait_for_timeout(500)
    expect(reader.composer).to_have_value("typed too early")
