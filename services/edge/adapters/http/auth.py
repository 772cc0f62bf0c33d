"""Signing in and out."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from msgspec import Meta

from services.edge.adapters.http.errors import problems
from services.edge.adapters.http.guards import NO_TOKEN, PUBLIC
from services.edge.domain.identity import Principal, TokenPair
from services.edge.ports.identity import AccessTokens
from services.edge.usecases.sign_in import SignIn

Password = Annotated[str, Meta(min_length=1, max_length=1024)]
Username = Annotated[str, Meta(min_length=1, max_length=256, examples=["ada"])]
Refresh = Annotated[str, Meta(min_length=1, max_length=256)]


class Credentials(msgspec.Struct, frozen=True):
    username: Username
    password: Password


class RefreshRequest(msgspec.Struct, frozen=True):
    refresh_token: Refresh


class LogoutRequest(msgspec.Struct, frozen=True):
    refresh_token: Refresh | None = None
    """Given, the whole sign-in ends; else the access token alone."""


class AuthController(Controller):
    tags = ("Identity",)
    path = "/"

    @post(
        "/login",
        status_code=200,
        summary="Sign in",
        opt=PUBLIC,
        security=NO_TOKEN,
        responses=problems(400, 401, 429, 503),
    )
    async def login(self, data: JSONBody[Credentials], sign_in: NamedDependency[SignIn]) -> TokenPair:
        return await sign_in.login(data.username, data.password)

    @post(
        "/refresh",
        status_code=200,
        summary="Get new tokens for a refresh token, which is spent by it within seconds",
        opt=PUBLIC,
        security=NO_TOKEN,
        responses=problems(400, 401, 503),
    )
    async def refresh(self, data: JSONBody[RefreshRequest], sign_in: NamedDependency[SignIn]) -> TokenPair:
        return await sign_in.refresh(data.refresh_token)

    @post("/logout", status_code=204, summary="Sign out", responses=problems(400, 401, 503))
    async def logout(
        self,
        principal: NamedDependency[Principal],
        sign_in: NamedDependency[SignIn],
        data: JSONBody[LogoutRequest | None] = None,
    ) -> None:
        await sign_in.logout(principal, data.refresh_token or "" if data else "")

    @get(
        "/.well-known/jwks.json",
        summary="The keys that verify access tokens",
        opt=PUBLIC,
        security=NO_TOKEN,
        sync_to_thread=False,
    )
    def jwks(self, access_tokens: NamedDependency[SkipValidation[AccessTokens]]) -> dict[str, object]:
        return access_tokens.public_keys()
