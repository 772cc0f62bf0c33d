"""A person who uses the product over HTTP, as a script."""

import json
import time
from typing import Any, Self

import httpx

Json = dict[str, Any]


class Person:
    """Signed in. Use as a context manager."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def upload(self, name: str, text: str, within_s: float = 30.0) -> Json:
        """Uploads, and waits until the document can be searched."""
        answer = self.http.post("/v1/documents", files={"file": (name, text.encode(), "text/plain")})
        assert answer.status_code in (201, 202), answer.text
        document: Json = answer.json()
        deadline = time.monotonic() + within_s
        while document["status"] not in ("ready", "failed") and time.monotonic() < deadline:
            time.sleep(0.1)
            document = self.http.get(f"/v1/documents/{document['id']}").json()
        assert document["status"] == "ready", document
        return document

    def ask_ui(self, question: str, chat: str, **more: object) -> list[Json]:
        """The parts of the UI message stream, as AI SDK 5 and later read it."""
        message = {
            "id": f"m-{time.monotonic_ns()}",
            "role": "user",
            "parts": [{"type": "text", "text": question}],
        }
        body = {"id": chat, "messages": [message], "trigger": "submit-message", **more}
        answer = self.http.post("/v1/chat", json=body)
        assert answer.status_code == 200, answer.text
        events = [
            line.removeprefix("data: ") for line in answer.text.split("\n\n") if line.startswith("data: ")
        ]
        assert events[-1] == "[DONE]"
        return [json.loads(event) for event in events[:-1]]

    def ask_data(self, question: str, **more: object) -> list[tuple[str, Any]]:
        """The lines of the data stream, as AI SDK 4 reads it: code and value."""
        body = {"messages": [{"role": "user", "content": question}], **more}
        answer = self.http.post("/v1/chat", json=body)
        assert answer.status_code == 200, answer.text
        return [(line[0], json.loads(line[2:])) for line in answer.text.splitlines()]

    def conversation(self, chat: str) -> Json:
        answer = self.http.get(f"/v1/conversations/{chat}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def title(self, chat: str, other_than: str, within_s: float = 30.0) -> str:
        """The one that the model makes in place of the question; empty if none comes."""
        deadline = time.monotonic() + within_s
        while (title := self.conversation(chat)["conversation"]["title"]) == other_than:
            if time.monotonic() > deadline:
                return ""
            time.sleep(0.1)
        return title

    def history(self, chat: str, messages: int, within_s: float = 5.0) -> list[Json]:
        """The messages of a conversation, once there are so many: answers are stored by an event's consumer."""
        deadline = time.monotonic() + within_s
        while len(found := self.conversation(chat)["messages"]) < messages:
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found


def text_of(parts: list[Json]) -> str:
    return "".join(part["delta"] for part in parts if part["type"] == "text-delta")
