"""Who may come in: everybody with a valid access token, and nobody else unless the route says `public`."""

import time
from collections.abc import Callable
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from services.edge.domain.identity import Principal
from services.edge.ports.identity import AccessTokens, Sessions
from shared.errors import Unauthorized

PUBLIC = {"public": True}
"""A route's `opt`, when it needs no access token."""
NO_TOKEN: list[dict[str, list[str]]] = [{}]
"""The same for the OpenAPI document: a route's `security`."""


class SignedIn:
    """A guard of the whole application, so that a new route is closed until it says otherwise."""

    def __init__(
        self, access_tokens: AccessTokens, sessions: Sessions, clock: Callable[[], float] = time.time
    ) -> None:
        self._access_tokens = access_tokens
        self._sessions = sessions
        self._clock = clock

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        if not handler.opt.get("public"):
            connection.scope["user"] = self._identify(connection.headers.get("authorization", ""))

    def _identify(self, authorization: str) -> Principal:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("This needs an access token: Authorization: Bearer …")
        principal = self._access_tokens.verify(token.strip(), now=self._clock())
        if self._sessions.revoked(principal):
            raise Unauthorized("The access was revoked.")
        return principal


def provide_principal(request: Request[Principal, Any, Any]) -> Principal:
    """What handlers get as `principal`."""
    return request.user
