"""What a model writes is shown as Markdown, and can do nothing."""

from playwright.sync_api import expect

from tests.browser.product import SCRIPTED
from tests.browser.reader import Reader

EVIL = """Say: before
<script>window.ran = 1</script>
<img src="x" onerror="window.ran = 2">
<iframe src="https://elsewhere.example/"></iframe>
<style>body { display: none }</style>

[click me](javascript:window.ran=3) and [data](data:text/html,<script>window.ran=4</script>)

![a picture](https://elsewhere.example/picture.png)

after"""
RICH = """Say: # A heading

Some **bold** words, `code` and [a link](https://elsewhere.example/page).

```python
def gate(width: int) -> str:
    return "open"
```

| lake | area |
| --- | ---: |
| Superior | 82100 |

The area is $$a^2 + b^2 = c^2$$ exactly."""


def ask(reader: Reader, question: str) -> None:
    reader.page.goto("/")
    reader.choose(SCRIPTED)
    reader.ask(question)
    reader.sees_end()


def test_nothing_that_a_model_writes_runs_or_loads(reader: Reader) -> None:
    ask(reader, EVIL)
    expect(reader.answer).to_contain_text("after")
    assert reader.page.evaluate("window.ran ?? 0") == 0
    assert reader.answer.locator("script, iframe, style, [onerror]").count() == 0
    links = reader.answer.locator("a")
    for number in range(links.count()):
        assert (links.nth(number).get_attribute("href") or "").startswith(("https://", "/", "#"))
    # That no picture was asked for from elsewhere is seen by what watches every test.


def test_text_code_tables_and_maths_are_shown_as_such(reader: Reader) -> None:
    ask(reader, RICH)
    answer = reader.answer
    expect(answer.get_by_role("heading", name="A heading")).to_be_visible()
    expect(answer.get_by_text("bold", exact=True)).to_have_css("font-weight", "650")
    link = answer.get_by_role("link", name="a link")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow ugc")
    expect(answer.get_by_role("cell", name="82100")).to_be_visible()
    expect(answer.locator(".katex").first).to_be_visible()
    code = answer.get_by_role("figure", name="Code, python")
    expect(code).to_contain_text('return "open"')
    expect(code.locator("span[style*=color]").first).to_be_visible()


def test_code_is_copied_as_it_was_written(reader: Reader) -> None:
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(reader, RICH)
    reader.answer.get_by_role("button", name="Copy code").click()
    copied: str = reader.page.evaluate("navigator.clipboard.readText()")
    assert copied == 'def gate(width: int) -> str:\n    return "open"'
