"""A browser as far as the web's own server can tell: cookies, and the headers that our pages send."""

import http.client
import json
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit


class Visitor:
    def __init__(self, url: str, cookies: dict[str, str] | None = None) -> None:
        self.url = url
        self.cookies = dict(cookies or {})

    def open(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """The answer with its body unread, on a connection of its own. Bytes go as they are, all else as JSON."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        sent: Any = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, sent, self.headers() | (headers or {}))
        answer = connection.getresponse()
        for value in answer.headers.get_all("set-cookie", []):
            for name, morsel in SimpleCookie(value).items():
                self.cookies[name] = morsel.value
        return connection, answer

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection, answer = self.open(method, path, body, headers)
        content = answer.read()
        connection.close()
        return answer.status, content, answer.headers

    def headers(self) -> dict[str, str]:
        own = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", "x-sluice-web": "1"}
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)
        return own | {"Content-Type": "application/json"} | ({"Cookie": cookie} if cookie else {})

    def sign_in(self, username: str, password: str) -> int:
        return self.ask("POST", "/api/session", {"username": username, "password": password})[0]


def question(text: str, chat: str) -> dict[str, Any]:
    """As the newest AI SDK sends it."""
    message = {"id": f"{chat}-1", "role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": chat, "trigger": "submit-message", "messages": [message]}
