"""What no page may ever do: ask another host, break the content security policy, fail in its console."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

LISTEN = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
HERE = ("data:", "blob:", "about:")
REFUSED = "Failed to load resource"
"""How Chromium reports any answer over 399: those are the server's, and tests cause them on purpose."""


class Watch:
    def __init__(self, context: BrowserContext, url: str) -> None:
        self._host = urlsplit(url).netloc
        self.requests: list[str] = []
        self.complaints: list[str] = []
        context.add_init_script(LISTEN)
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", self._error)

    def complain(self) -> None:
        assert not self.complaints, "\n".join(self.complaints)

    def forgive(self) -> list[str]:
        """What there has been to complain of: the test caused it."""
        found, self.complaints = self.complaints, []
        return found

    def _request(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")
        if not request.url.startswith(HERE) and urlsplit(request.url).netloc != self._host:
            self.complaints.append(f"a request to another host: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and REFUSED not in message.text:
            self.complaints.append(f"console {message.type}: {message.text}")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"an error that nothing caught: {error.error}")
