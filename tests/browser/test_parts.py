"""Generative UI: what a model calls is shown as a component, and what it gets wrong breaks nothing."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.product import SCRIPTED
from tests.browser.reader import Reader

TABLE: dict[str, Any] = {
    "title": "Lakes",
    "columns": ["Lake", "Area"],
    "rows": [["Victoria", 68870], ["Superior", 82100], ["Ladoga", 17700], ["=Vänern", 5650]],
}
CHART: dict[str, Any] = {
    "title": "Rain",
    "kind": "bar",
    "labels": ["Jan", "Feb", "Mar"],
    "series": [{"name": "Lisbon", "values": [110, 90, 70]}, {"name": "Oslo", "values": [50, None, 45]}],
    "unit": "mm",
}


def call(reader: Reader, tool: str, given: object) -> None:
    """The simulated engine calls what a question names, with what it dictates."""
    reader.page.goto("/")
    reader.ask(f"use {tool} {given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)}")


def part(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=title)


def test_a_call_becomes_a_table_that_is_sorted_and_taken_along(reader: Reader) -> None:
    call(reader, "show_table", TABLE)
    table = part(reader.page, "Lakes")
    first_cells = table.locator("tbody td:first-child")
    expect(first_cells).to_have_text(["Victoria", "Superior", "Ladoga", "=Vänern"])
    area = table.get_by_role("columnheader", name="Area")
    area.get_by_role("button").click()
    expect(area).to_have_attribute("aria-sort", "ascending")
    expect(first_cells).to_have_text(["=Vänern", "Ladoga", "Victoria", "Superior"])
    area.get_by_role("button").press("Enter")
    expect(area).to_have_attribute("aria-sort", "descending")
    expect(first_cells).to_have_text(["Superior", "Victoria", "Ladoga", "=Vänern"])
    with reader.page.expect_download() as download:
        table.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "Lakes.csv"
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert lines == ["Lake,Area", "Victoria,68870", "Superior,82100", "Ladoga,17700", "'=Vänern,5650"]


def test_the_answer_goes_on_with_what_came_of_the_call_and_a_reload_shows_both(reader: Reader) -> None:
    call(reader, "show_table", TABLE)
    expect(part(reader.page, "Lakes")).to_be_visible()
    reader.sees_end()
    expect(reader.answer.locator("p").filter(has_text=" ").last).to_be_visible()
    reader.page.reload()
    expect(part(reader.page, "Lakes")).to_have_count(1)
    expect(part(reader.page, "Lakes").locator("tbody tr")).to_have_count(4)


def test_a_call_becomes_a_chart_whose_numbers_are_there_without_seeing_it(reader: Reader) -> None:
    call(reader, "show_chart", CHART)
    chart = part(reader.page, "Rain")
    expect(chart.get_by_role("img")).to_have_attribute(
        "aria-label", "Bar chart: Rain, at 3 places. Lisbon: from 70 mm to 110 mm. Oslo: from 45 mm to 50 mm."
    )
    expect(chart.locator("rect[opacity='1']")).to_have_count(5)
    values = chart.get_by_role("slider", name="Values, with the arrow keys")
    values.focus()
    values.press("End")
    expect(values).to_have_attribute("aria-valuetext", "Mar: Lisbon 70 mm, Oslo 45 mm")
    values.press("ArrowLeft")
    expect(values).to_have_attribute("aria-valuetext", "Feb: Lisbon 90 mm, Oslo –")
    chart.get_by_role("button", name="Data").click()
    expect(chart.locator("tbody tr").first.locator("td")).to_have_text(["Jan", "110", "50"])


def test_a_document_is_shown_and_saved(reader: Reader) -> None:
    call(
        reader,
        "show_document",
        {"title": "To the keeper", "kind": "Letter", "text": "# Sir\n\nThe **gate** sticks."},
    )
    letter = part(reader.page, "To the keeper · Letter")
    expect(letter.get_by_role("heading", name="Sir")).to_be_visible()
    expect(letter.get_by_text("gate", exact=True)).to_have_css("font-weight", "650")
    with reader.page.expect_download() as download:
        letter.get_by_role("button", name="Markdown").click()
    assert download.value.path().read_text() == "# Sir\n\nThe **gate** sticks."


def test_steps_are_shown_with_their_state(reader: Reader) -> None:
    steps = [{"label": "Read", "state": "done"}, {"label": "Sort", "state": "running"}]
    call(reader, "show_progress", {"title": "Import", "steps": steps})
    card = part(reader.page, "Import")
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    expect(card.get_by_role("listitem")).to_have_text(["Read (done)", "Sort (under way)"])


def test_a_data_part_with_the_same_id_replaces_the_one_before(reader: Reader) -> None:
    def stream(route: Route) -> None:
        """No engine of ours sends these; whoever writes a stream may, so they are put before an answer's end."""
        answer = route.fetch()
        said, finish, end = answer.text().partition('data: {"type":"finish-step"')
        assert finish
        for percent in (10, 60, 100):
            data = {"title": "Backup", "percent": percent}
            said += f"data: {json.dumps({'type': 'data-progress', 'id': 'backup', 'data': data})}\n\n"
        route.fulfill(response=answer, body=said + finish + end)

    reader.page.route("**/api/edge/v1/chat", stream)
    reader.page.goto("/")
    reader.choose(SCRIPTED)
    reader.ask("Say: As far as this.")
    bar = part(reader.page, "Backup").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(bar).to_have_count(1)


def test_what_a_model_gets_wrong_is_shown_as_it_came_and_the_chat_goes_on(reader: Reader) -> None:
    call(reader, "show_chart", {"kind": "pie", "labels": [], "series": "none"})
    raw = part(reader.page, "show_chart")
    expect(raw).to_contain_text("This could not be shown as it was meant.")
    expect(raw).to_contain_text('"kind": "pie"')
    reader.sees_end()
    reader.ask("And how is the weather?")
    reader.sees_beginning()
