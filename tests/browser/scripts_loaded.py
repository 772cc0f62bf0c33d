"""What a browser fetches of JavaScript for a page, in the bytes that come over the network."""

from playwright.sync_api import BrowserContext, Page, Response

QUIET_MS = 4_000
"""Without a request for so long, a page has what it loads at first."""


class ScriptsLoaded:
    """Of each address once: a second page would have them from the browser's store."""

    def __init__(self, context: BrowserContext) -> None:
        self._answers: list[Response] = []
        context.on("response", self._response)

    def until_quiet(self, page: Page) -> dict[str, int]:
        """By the last part of their addresses."""
        page.wait_for_load_state("networkidle")
        known = -1
        while len(self._answers) != known:
            known = len(self._answers)
            page.wait_for_timeout(QUIET_MS)
        return {
            answer.url.rsplit("/", 1)[-1]: answer.request.sizes()["responseBodySize"]
            for answer in self._answers
        }

    def _response(self, answer: Response) -> None:
        if answer.request.resource_type == "script":
            self._answers.append(answer)
