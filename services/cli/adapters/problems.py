"""The edge's errors over HTTP as ours, and httpx's too."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from shared.errors import Unavailable, from_failure
from shared.messages import Failure

CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    413: "too_large",
    429: "rate_limit_exceeded",
}
"""For answers that carry no code: the chat route's, which are plain text, and those of a proxy between."""


class Problem(msgspec.Struct):
    """RFC 9457, as the edge fills it."""

    code: str
    detail: str
    param: str | None = None


async def raise_for(response: httpx.Response) -> None:
    """Raises the error that the edge answered with."""
    if response.is_success:
        return
    body = await response.aread()
    retry_after = response.headers.get("retry-after", "")
    retry_after_s = float(retry_after) if retry_after.isdigit() else None
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = Problem(_code(response.status_code), _line(response, body))
    raise from_failure(Failure(problem.code, problem.detail, problem.param, retry_after_s))


async def send(http: httpx.AsyncClient, method: str, path: str, **content: Any) -> bytes:
    """The whole answer to one request."""
    with translated():
        response = await http.request(method, path, **content)
        await raise_for(response)
        return response.content


@contextmanager
def translated() -> Generator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise Unavailable(f"The edge does not answer ({type(error).__name__}).") from error


def _code(status: int) -> str:
    if status in CODES:
        return CODES[status]
    return "unavailable" if status >= 500 else "invalid_request"


def _line(response: httpx.Response, body: bytes) -> str:
    """A proxy's page is of no use in a terminal."""
    is_text = response.headers.get("content-type", "").startswith("text/plain")
    return body.decode(errors="replace").strip() if is_text and body else f"HTTP {response.status_code}"
