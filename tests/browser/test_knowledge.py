"""Documents: uploaded, asked about, cited, read where they are cited, deleted."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import OpenReader
from tests.browser.product import EXTRACTIVE, Account
from tests.browser.reader import Reader

READY = re.compile(r"^\d+ passages?$")
HANDBOOK = """The harbour handbook.

The gate of the third lock is opened at six in the morning by its keeper, who rings a bell twice before it moves.

Boats longer than thirty metres wait at the northern quay until the tide has turned.

The mill may draw water only while the gate is closed, and its wheel is stopped on market days.
"""


def file(name: str, text: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": text}


@pytest.fixture
def librarian(visit: OpenReader, newcomer: Account) -> Reader:
    reader = visit()
    reader.signed_in(newcomer)
    reader.page.goto("/knowledge")
    return reader


def upload(reader: Reader, *files: FilePayload) -> None:
    with reader.page.expect_file_chooser() as chooser:
        reader.page.get_by_role("button", name=re.compile("Upload|choose files")).first.click()
    chooser.value.set_files(files)


def test_an_answer_cites_the_passage_and_the_citation_opens_it(librarian: Reader) -> None:
    upload(librarian, file("handbook.txt", HANDBOOK.encode()))
    expect(librarian.page.get_by_text(READY).filter(visible=True)).to_be_visible(timeout=30_000)
    librarian.page.goto("/")
    librarian.choose(EXTRACTIVE)
    librarian.ask("When is the gate of the third lock opened?")
    librarian.sees_end()
    expect(librarian.answer).to_contain_text("six in the morning")
    librarian.answer.get_by_role("button", name="Source 1: handbook.txt").first.click()
    pane = librarian.page.get_by_role("region", name="Source")
    expect(pane).to_contain_text("handbook.txt")
    marked = pane.locator("mark").first
    expect(marked).to_be_visible()
    expect(marked).to_contain_text("rings a bell twice")
    librarian.page.keyboard.press("Escape")
    expect(pane).to_have_count(0)


def test_an_upload_shows_how_far_it_is_and_ends_ready(librarian: Reader) -> None:
    large = "".join(f"Chapter {number}. {HANDBOOK}\n" for number in range(150))
    upload(librarian, file("large.txt", large.encode()))
    bar = librarian.page.get_by_role("progressbar", name="Progress of “large.txt”")
    expect(bar).to_be_visible()
    expect(librarian.page.get_by_text(READY).filter(visible=True)).to_be_visible(timeout=60_000)
    expect(bar).to_have_count(0)


def test_files_are_dropped_on_the_page_and_a_folder_is_refused(librarian: Reader, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text(HANDBOOK)
    (tmp_path / "folder").mkdir()
    expect(librarian.page.get_by_text("No documents yet")).to_be_visible()
    drag = librarian.context.new_cdp_session(librarian.page)
    data = {"items": [], "files": [str(notes), str(tmp_path / "folder")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver"):
        drag.send("Input.dispatchDragEvent", {"type": kind, "x": 600, "y": 400, "data": data})
    expect(librarian.page.get_by_text("Drop to add")).to_be_visible()
    drag.send("Input.dispatchDragEvent", {"type": "drop", "x": 600, "y": 400, "data": data})
    expect(librarian.page.get_by_text("Drop to add")).to_have_count(0)
    expect(librarian.page.get_by_text(READY).filter(visible=True)).to_be_visible(timeout=30_000)
    expect(
        librarian.page.get_by_text("Folders can't be added. Drop the files that are in it.")
    ).to_be_visible()


def test_what_cannot_be_read_says_why(librarian: Reader) -> None:
    upload(
        librarian, file("picture.png", b"\x89PNG"), file("empty.txt", b""), file("bad.txt", b"\xff\xfe\x00")
    )
    for words in (
        "Only .txt and .md files can be added.",
        "The file is empty.",
        "The file is not text in UTF-8.",
    ):
        expect(librarian.page.get_by_text(words).first).to_be_visible()


def test_a_deleted_document_is_gone_and_nothing_cites_it(librarian: Reader) -> None:
    upload(librarian, file("handbook.txt", HANDBOOK.encode()))
    expect(librarian.page.get_by_text(READY).filter(visible=True)).to_be_visible(timeout=30_000)
    librarian.page.get_by_role("button", name="Delete “handbook.txt”").click()
    librarian.page.get_by_role("alertdialog").or_(librarian.page.get_by_role("dialog")).get_by_role(
        "button", name="Delete"
    ).click()
    expect(librarian.page.get_by_text("“handbook.txt” was deleted").first).to_be_visible()
    librarian.page.goto("/")
    librarian.choose(EXTRACTIVE)
    librarian.ask("When is the gate of the third lock opened?")
    librarian.sees_end()
    expect(librarian.answer).not_to_contain_text("six in the morning")
