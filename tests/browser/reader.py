"""Somebody at a browser, as they see the product: by names and roles, in English."""

import re
import time
import uuid
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.product import Account, Product
from tests.browser.watch import Watch

OURS = {"x-sluice-web": "1"}
BEGIN = """async (body) => {
  const headers = { "content-type": "application/json", "x-sluice-web": "1" };
  const leaving = new AbortController();
  const request = { method: "POST", headers, body: JSON.stringify(body), signal: leaving.signal };
  const { status } = await fetch("/api/edge/v1/chat", request);
  leaving.abort(); // a browser has six connections to a host, and no more
  return status;
}"""
READY_WITHIN_S = 30.0
STORED_WITHIN_S = 20.0
"""Once more than an edge that dies with an answer's end in hand keeps it from the others (`ACK_WAIT_S`)."""
ANSWERED_WITHIN_MS = 25_000
CONVERSATION = re.compile(r".*/c/([A-Za-z0-9_-]+)")


class Reader:
    """A browser profile with one page open; `tab` is the same person in another page."""

    def __init__(self, context: BrowserContext, watch: Watch, product: Product) -> None:
        self.context = context
        self.watch = watch
        self.product = product
        self.page: Page = context.new_page()

    def tab(self) -> "Reader":
        return Reader(self.context, self.watch, self.product)

    def signed_in(self, account: Account) -> None:
        """Without the form, which has tests of its own."""
        self._send("POST", "/api/session", {"username": account.name, "password": account.password})

    def sign_in(self, account: Account) -> None:
        """By the form."""
        self.page.get_by_label("User name").fill(account.name)
        self.page.get_by_label("Password", exact=True).fill(account.password)
        self.page.get_by_role("button", name="Sign in").click()

    def sees_sign_in(self) -> None:
        expect(self.page.get_by_role("button", name="Sign in")).to_be_visible()

    def choose(self, model: str) -> None:
        """By the picker; the choice stays."""
        self.page.get_by_role("button", name=re.compile("^Model: ")).click()
        self.page.get_by_role("menuitemradio", name=model).click()

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    def awake(self) -> None:
        """The page's scripts have taken over its fields: a key that is pressed before does nothing."""
        known = "() => Object.keys(document.querySelector('textarea') ?? {}).some((name) => name.startsWith('__react'))"
        self.page.wait_for_function(known)

    def ask(self, question: str) -> None:
        self.awake()
        self.composer.fill(question)
        self.composer.press("Enter")

    @property
    def answers(self) -> Locator:
        return self.page.get_by_role("article", name="Sluice answered:")

    @property
    def answer(self) -> Locator:
        return self.answers.last

    def sees_beginning(self, words: int = 5) -> None:
        """Some of the answer is there, and it is being written."""
        expect(self.answer).to_have_text(re.compile(rf"(\S+\s+){{{words}}}"))
        expect(self.answer).to_have_attribute("aria-busy", "true")

    def sees_end(self) -> None:
        expect(self.answer).to_have_attribute("aria-busy", "false", timeout=ANSWERED_WITHIN_MS)

    @property
    def conversation(self) -> str:
        """The id of the one that is open."""
        self.page.wait_for_url(CONVERSATION)
        found = CONVERSATION.match(self.page.url)
        assert found
        return found[1]

    def stored(self, conversation: str = "") -> list[dict[str, Any]]:
        """The messages of a conversation, as the edge has them; of the open one unless told another."""
        path = f"/api/edge/v1/conversations/{conversation or self.conversation}"
        return self.context.request.get(path).json()["messages"]

    def stored_in_the_end(self, count: int) -> list[dict[str, Any]]:
        """So many messages: an answer is stored a moment after its last word."""
        deadline = time.monotonic() + STORED_WITHIN_S
        while len(messages := self.stored()) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        return messages

    def asked(self, question: str, title: str = "", *, model: str = "", max_tokens: int = 3) -> str:
        """A conversation of the past, short and not seen on any page. Its id."""
        conversation = uuid.uuid4().hex
        message = {"id": uuid.uuid4().hex, "role": "user", "parts": [{"type": "text", "text": question}]}
        body = {"id": conversation, "messages": [message], "trigger": "submit-message", "retrieval": False}
        self._send("POST", "/api/edge/v1/chat", {**body, "model": model, "max_tokens": max_tokens})
        if title:
            self._send("PATCH", f"/api/edge/v1/conversations/{conversation}", {"title": title})
        return conversation

    def begun(self, question: str, *, model: str) -> None:
        """A question whose answer is written while nobody reads it, for as long as that is allowed."""
        message = {"id": uuid.uuid4().hex, "role": "user", "parts": [{"type": "text", "text": question}]}
        body = {"id": uuid.uuid4().hex, "messages": [message], "trigger": "submit-message"}
        taken: int = self.page.evaluate(BEGIN, {**body, "model": model, "retrieval": False})
        assert taken == 200

    def upload(self, name: str, content: bytes) -> None:
        """A document that was there before; returns when it can be searched."""
        given = {"file": {"name": name, "mimeType": "text/plain", "buffer": content}}
        headers = {**OURS, "origin": self.product.url}
        sent = self.context.request.post("/api/edge/v1/documents", multipart=given, headers=headers)  # type: ignore[arg-type]
        assert sent.ok, sent.text()
        path = f"/api/edge/v1/documents/{sent.json()['id']}"
        deadline = time.monotonic() + READY_WITHIN_S
        while (state := self.context.request.get(path).json()["status"]) != "ready":
            assert state != "failed"
            assert time.monotonic() < deadline, state
            time.sleep(0.1)

    def alert(self, words: str) -> Locator:
        """Next has an alert of its own on each page, for its announcements."""
        return self.page.get_by_role("alert").filter(has_text=words)

    def photograph(self, path: Path) -> None:
        for number, page in enumerate(self.context.pages):
            page.screenshot(path=path.with_stem(f"{path.stem}-{number}"))

    def _send(self, method: str, path: str, body: dict[str, Any]) -> None:
        headers = {**OURS, "origin": self.product.url}
        answer = self.context.request.fetch(path, method=method, data=body, headers=headers)
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()}"
