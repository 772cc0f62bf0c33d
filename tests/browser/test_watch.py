"""What watches all the other tests sees what it should; and the content security policy does what it says."""

import re

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import OpenReader

ELSEWHERE = "http://127.0.0.2:9/picture.png"


def test_a_picture_from_elsewhere_is_refused_and_seen(visit: OpenReader) -> None:
    reader = visit()
    reader.page.goto("/sign-in")
    with reader.page.expect_console_message(lambda message: "img-src" in message.text):
        reader.page.evaluate("(url) => { new Image().src = url }", ELSEWHERE)
    complaints = reader.watch.forgive()
    assert any("img-src" in complaint for complaint in complaints), complaints


def test_an_inline_script_and_eval_do_not_run_and_are_seen(visit: OpenReader) -> None:
    reader = visit()
    reader.page.goto("/sign-in")
    with reader.page.expect_console_message(lambda message: "policy: script-src" in message.text):
        reader.page.evaluate(
            """() => {
              const script = document.createElement("div");
              script.innerHTML = '<img src="x" onerror="window.ran = true">';
              document.body.append(script);
            }"""
        )
    with reader.page.expect_console_message(lambda message: "policy: script-src" in message.text):
        reader.page.evaluate("() => { setTimeout('window.ran = true') }")
    assert reader.page.evaluate("window.ran ?? false") is False
    assert len(reader.watch.forgive()) >= 2


def test_an_error_that_nothing_catches_is_seen(visit: OpenReader) -> None:
    reader = visit()
    reader.page.goto("/sign-in")
    with reader.context.expect_event("weberror"):
        reader.page.evaluate("() => { setTimeout(() => { throw new Error('lost') }) }")
    assert any("lost" in complaint for complaint in reader.watch.forgive())


def test_axe_sees_a_field_without_a_name(visit: OpenReader) -> None:
    reader = visit()
    reader.page.goto("/sign-in")
    expect(reader.page.get_by_label("User name")).to_be_visible()
    reader.page.evaluate("() => { document.querySelector('label').remove() }")
    assert any(line.startswith("label ") for line in violations(reader.page))


def test_the_policy_allows_no_inline_script_or_style_and_no_other_host(visit: OpenReader) -> None:
    answer = visit().context.request.get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    sources = {source for directive in policy.split(";") for source in directive.split()[1:]}
    allowed = re.compile(r"'none'|'self'|'strict-dynamic'|'nonce-[A-Za-z0-9+/=]{20,}'|data:|blob:")
    assert all(allowed.fullmatch(source) for source in sources), sources
    nonces = re.findall(r"nonce-([A-Za-z0-9+/=]+)", policy)
    again = visit().context.request.get("/sign-in").headers["content-security-policy"]
    assert nonces[0] not in again, "a nonce is for one page only"
