"""Around every request: its id, its trace, its measurements, and the headers that browsers need to be safe.

HEAD is answered here for all routes that answer GET: as GET, less the body.
"""

import re
import time
import uuid
from typing import Any

import structlog
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from services.edge.adapters.http.metrics import Metrics
from shared import telemetry

REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
UNCACHED = (b"cache-control", b"no-store")
SERVERS_SEND = "sluice.send"
"""Among the scope's extensions: `send` as the server gave it. Pieces of a body need none of what lies between the
server and a handler, and for a token a call of each would be a tenth of its price."""


class Envelope:
    """An ASGI application around another: Litestar's middleware is not asked for a route that does not exist."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers.get(b"x-request-id", b""))
        sender = _Sender(scope, send, request_id, self._metrics)
        carried = {
            key: headers[key.encode()].decode("latin-1")
            for key in ("traceparent", "tracestate")
            if key.encode() in headers
        }
        servers_send = sender if scope["method"] == "HEAD" else send
        scope["extensions"] = {**(scope.get("extensions") or {}), SERVERS_SEND: servers_send}
        self._metrics.began()
        try:
            with (
                structlog.contextvars.bound_contextvars(request_id=request_id.decode()),
                telemetry.continued(carried, f"HTTP {scope['method']}"),
            ):
                if scope["method"] == "HEAD":
                    scope["method"] = "GET"
                await self._app(scope, receive, sender)
        finally:
            self._metrics.ended()


class _Sender:
    """Passes messages on; the head of the response is completed and counted, and HEAD gets no more than that."""

    def __init__(self, scope: Any, send: Send, request_id: bytes, metrics: Metrics) -> None:
        self._scope = scope
        self._method: str = scope["method"]
        self._send = send
        self._request_id = request_id
        self._metrics = metrics
        self._began_at = time.perf_counter()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._complete(message)
        elif message["type"] == "http.response.body" and self._method == "HEAD":
            message["body"] = b""
        await self._send(message)

    def _complete(self, message: HTTPResponseStartEvent) -> None:
        given = [_with_head(name, value) for name, value in message["headers"]]
        names = {name.lower() for name, _ in given}
        ours = [(b"x-request-id", self._request_id), UNCACHED, *SECURITY_HEADERS]
        message["headers"] = [*given, *(header for header in ours if header[0] not in names)]
        seconds = time.perf_counter() - self._began_at
        route = self._scope.get("path_template")
        self._metrics.answered(self._method, route, message["status"], seconds)


def _with_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Litestar knows of no HEAD where it lists what a route allows."""
    if name.lower() != b"allow":
        return name, value
    methods = set(value.split(b", "))
    return name, b", ".join(sorted(methods | {b"HEAD"} if b"GET" in methods else methods))


def _request_id(given: bytes) -> bytes:
    """The caller's, where it is one that a log can hold."""
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex.encode()
