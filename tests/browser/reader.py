"""Somebody at a browser, as they see the product: by names and roles, in English."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.product import Account, Product
from tests.browser.watch import Watch

OURS = {"x-sluice-web": "1"}


class Reader:
    """A browser profile with one page open; `tab` opens more."""

    def __init__(self, context: BrowserContext, watch: Watch, product: Product) -> None:
        self.context = context
        self.watch = watch
        self.product = product
        self.page: Page = context.new_page()

    def signed_in(self, account: Account) -> None:
        """Without the form, which has tests of its own."""
        answer = self.context.request.post(
            "/api/session",
            data={"username": account.name, "password": account.password},
            headers={**OURS, "origin": self.product.url},
        )
        assert answer.ok, answer.text()

    def sign_in(self, account: Account) -> None:
        """By the form."""
        self.page.get_by_label("User name").fill(account.name)
        self.page.get_by_label("Password", exact=True).fill(account.password)
        self.page.get_by_role("button", name="Sign in").click()

    def photograph(self, path: Path) -> None:
        for number, page in enumerate(self.context.pages):
            page.screenshot(path=path.with_stem(f"{path.stem}-{number}"))

    def alert(self, words: str) -> Locator:
        """Next has an alert of its own on each page, for its announcements."""
        return self.page.get_by_role("alert").filter(has_text=words)

    def sees_sign_in(self) -> None:
        expect(self.page.get_by_role("button", name="Sign in")).to_be_visible()
