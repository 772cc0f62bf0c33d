"""Who we are to the edge: signing in, and staying so."""

import time

import httpx
import msgspec

from services.cli.adapters.credentials import TokenCache, Tokens
from services.cli.adapters.problems import send
from shared.errors import Unauthorized

RENEW_BEFORE_S = 30.0


class SignedIn(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str
    expires_in: float


class Session:
    def __init__(self, http: httpx.AsyncClient, cache: TokenCache | None) -> None:
        self._http = http
        self._cache = cache
        self._url = str(http.base_url)
        self._tokens = cache.load(self._url) if cache else None

    @property
    def username(self) -> str:
        return self._tokens.username if self._tokens else ""

    async def sign_in(self, username: str, password: str) -> None:
        await self._get_tokens(username, "/login", {"username": username, "password": password})

    async def sign_out(self) -> None:
        headers = await self.authorisation()
        body = {"refresh_token": self._tokens.refresh_token if self._tokens else None}
        self._forget()
        await send(self._http, "POST", "/logout", headers=headers, json=body)

    async def authorisation(self) -> dict[str, str]:
        """The header that signs a request. Raises `Unauthorized` when nobody is signed in."""
        if self._tokens is not None and not is_fresh(self._tokens):
            await self._renew(self._tokens)
        if self._tokens is None:
            raise Unauthorized("Nobody is signed in.")
        return {"Authorization": f"Bearer {self._tokens.access_token}"}

    async def _renew(self, spent: Tokens) -> None:
        if self._cache is None:
            await self._refresh(spent)
            return
        async with self._cache.locked():
            newest = self._cache.load(self._url) or spent
            if is_fresh(newest):  # by another process
                self._tokens = newest
            else:
                await self._refresh(newest)

    async def _refresh(self, tokens: Tokens) -> None:
        try:
            await self._get_tokens(tokens.username, "/refresh", {"refresh_token": tokens.refresh_token})
        except Unauthorized as error:
            self._forget()
            raise Unauthorized("The sign-in has run out.") from error

    async def _get_tokens(self, username: str, path: str, body: dict[str, str]) -> None:
        answer = msgspec.json.decode(await send(self._http, "POST", path, json=body), type=SignedIn)
        expires_at = time.time() + answer.expires_in
        self._tokens = Tokens(username, answer.access_token, answer.refresh_token, expires_at)
        if self._cache is not None:
            self._cache.save(self._url, self._tokens)

    def _forget(self) -> None:
        self._tokens = None
        if self._cache is not None:
            self._cache.forget(self._url)


def is_fresh(tokens: Tokens) -> bool:
    return tokens.expires_at - RENEW_BEFORE_S > time.time()
