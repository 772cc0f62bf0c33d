"""`make screenshots`: the pictures of docs/images, taken of the whole product, with a model whose words are known."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect, sync_playwright

from deploy.checks.browser import chromium
from tests.browser.conftest import ARGUMENTS, ONLY_HERE
from tests.browser.product import EXTRACTIVE, SCRIPTED, Account, Product, running_product
from tests.browser.reader import Reader
from tests.browser.scripted import Answer
from tests.browser.watch import Watch
from tests.conftest import ServerLoop

IMAGES = Path("docs/images")
SCREEN = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
HANDBOOK = Path(__file__).with_name("handbook.md")
CITED = "Who opens the gate of the third lock, and when?"
RAIN = "How much does it rain in Lisbon and Oslo? Draw it, please."
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LISBON = [110, 90, 70, 65, 40, 15, 4, 6, 30, 90, 115, 120]
OSLO = [50, 40, 45, 40, 60, 75, 85, 95, 85, 95, 85, 55]
CHART = {
    "title": "Rain by month",
    "kind": "bar",
    "labels": MONTHS,
    "unit": "mm",
    "series": [{"name": "Lisbon", "values": LISBON}, {"name": "Oslo", "values": OSLO}],
}
CODE = "Write a Python function that removes duplicates and keeps the order."
ANSWERS = {
    RAIN: Answer(
        text="Lisbon's rain falls in winter, Oslo's in late summer:",
        calls=[("show_chart", CHART)],
        after="From June to August Lisbon has 25 mm in all, and Oslo 255 mm: **ten times as much**. "
        "Over the whole year they are close, 755 mm and 810 mm.",
        title="Rain in Lisbon and Oslo",
    ),
    CODE: Answer(
        thought="Dictionaries keep the order in which keys were added, so one expression will do.",
        text="Dictionaries keep the order in which their keys were added, so one line is enough:\n\n"
        "```python\ndef unique(items: list[str]) -> list[str]:\n"
        '    """The items without repetitions, in their first order."""\n'
        "    return list(dict.fromkeys(items))\n```\n\n"
        "| way | keeps the order | time |\n| --- | --- | --- |\n"
        "| `dict.fromkeys` | yes | $$O(n)$$ |\n| `set` | no | $$O(n)$$ |\n| `in` and a list | yes | $$O(n^2)$$ |",
        title="Unique items, in order",
    ),
}


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    loop = ServerLoop()
    with tempfile.TemporaryDirectory() as folder, running_product(Path(folder), loop) as product:
        product.scripted.answers |= ANSWERS
        ada = product.add_user("ada")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, ONLY_HERE])
            prepare(open_reader(browser, product, "light"), ada)
            for theme in ("light", "dark"):
                take(open_reader(browser, product, theme), ada, theme)
            chinese(open_reader(browser, product, "dark", locale="zh-CN", viewport=PHONE), ada)
            browser.close()
    loop.close()


def open_reader(browser: Browser, product: Product, theme: str, **options: object) -> Reader:
    still = {"viewport": SCREEN, "locale": "en-GB", "reduced_motion": "reduce", **options}
    context = browser.new_context(base_url=product.url, color_scheme=theme, **still)  # type: ignore[arg-type]
    return Reader(context, Watch(context, product.url), product)


def prepare(reader: Reader, ada: Account) -> None:
    """The history that all pictures show."""
    reader.signed_in(ada)
    reader.upload("handbook.md", HANDBOOK.read_bytes())
    for title in ("Minutes of the keepers' meeting", "Tides in spring"):
        reader.asked(title, title)
    for question, model in ((CODE, SCRIPTED), (RAIN, SCRIPTED), (CITED, EXTRACTIVE)):
        reader.page.goto("/")
        reader.choose(model)
        reader.ask(question)
        reader.sees_end()
    for title in ("Rain in Lisbon and Oslo", "Unique items, in order"):
        expect(row(reader, title)).to_be_visible(timeout=20_000)


def take(reader: Reader, ada: Account, theme: str) -> None:
    reader.page.goto("/sign-in")
    expect(reader.page.get_by_label("User name")).to_be_visible()
    shoot(reader, f"sign-in-{theme}")
    reader.signed_in(ada)
    reader.page.goto("/")
    expect(row(reader, "Tides in spring")).to_be_visible()
    shoot(reader, f"new-chat-{theme}")
    row(reader, "Rain in Lisbon and Oslo").click()
    expect(reader.page.get_by_role("img", name="Bar chart")).to_be_visible()
    expect(reader.answer).to_contain_text("ten times as much")
    shoot(reader, f"chart-{theme}")
    row(reader, "Unique items, in order").click()
    expect(reader.answer.locator("span[style*=color]").first).to_be_visible()
    shoot(reader, f"code-{theme}")
    row(reader, CITED).click()
    reader.answer.get_by_role("button", name="Source 1: handbook.md").first.click()
    expect(reader.page.get_by_role("region", name="Source").locator("mark").first).to_be_visible()
    shoot(reader, f"cited-{theme}")
    reader.page.goto("/knowledge")
    expect(reader.page.get_by_text("handbook.md").first).to_be_visible()
    shoot(reader, f"knowledge-{theme}")


def chinese(reader: Reader, ada: Account) -> None:
    """On a phone, in the other language."""
    reader.signed_in(ada)
    reader.page.goto("/")
    expect(reader.page.get_by_role("textbox")).to_be_visible()
    shoot(reader, "phone-chinese-dark")


def row(reader: Reader, title: str) -> Locator:
    return reader.page.get_by_role("link", name=title, exact=True)


def shoot(reader: Reader, name: str) -> None:
    reader.page.wait_for_load_state("networkidle")
    reader.page.mouse.move(0, 0)
    reader.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
    sys.stdout.write(f"{IMAGES / name}.png\n")


if __name__ == "__main__":
    main()
