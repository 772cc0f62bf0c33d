"""Signing in and out, as a person does it."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenReader
from tests.browser.product import Account, Product
from tests.browser.reader import Reader


def test_who_is_not_signed_in_is_asked_to_and_then_gets_the_page_they_wanted(
    visit: OpenReader, product: Product
) -> None:
    reader = visit()
    reader.page.goto("/knowledge")
    reader.sees_sign_in()
    reader.sign_in(product.admin)
    reader.page.wait_for_url("**/knowledge")
    expect(reader.page.get_by_role("button", name="Account of admin")).to_be_visible()


def test_a_wrong_password_is_said_so_and_the_name_stays(visit: OpenReader) -> None:
    reader = visit()
    reader.page.goto("/")
    reader.sign_in(Account("admin", "not this one"))
    expect(reader.alert("The user name or the password is wrong.")).to_be_visible()
    expect(reader.page.get_by_label("User name")).to_have_value("admin")
    expect(reader.page.get_by_label("Password", exact=True)).to_be_focused()


def test_no_script_can_read_the_session(reader: Reader) -> None:
    reader.page.goto("/")
    kept = {cookie["name"]: cookie for cookie in reader.context.cookies()}  # type: ignore[typeddict-item]
    assert {"sluice-access", "sluice-refresh"} <= kept.keys()
    assert all(kept[name]["httpOnly"] for name in ("sluice-access", "sluice-refresh"))  # type: ignore[typeddict-item]
    readable: str = reader.page.evaluate(
        "document.cookie + JSON.stringify({...localStorage, ...sessionStorage})"
    )
    for name in ("sluice-access", "sluice-refresh"):
        assert kept[name]["value"] not in readable  # type: ignore[typeddict-item]


def test_signing_out_ends_the_session_at_the_edge_too(visit: OpenReader, product: Product) -> None:
    reader = visit()
    reader.signed_in(product.admin)
    kept = reader.context.cookies()
    reader.page.goto("/")
    reader.page.get_by_role("button", name="Account of admin").click()
    reader.page.get_by_role("menuitem", name="Sign out").click()
    reader.sees_sign_in()
    expect(reader.page.get_by_text("You are signed out.")).to_be_visible()
    reader.context.add_cookies(kept)  # type: ignore[arg-type]
    answer = reader.context.request.get("/api/edge/v1/conversations")
    assert answer.status == 401, "the tokens of a session that was ended are good for nothing"
