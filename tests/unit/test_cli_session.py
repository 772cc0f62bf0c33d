"""Staying signed in: private, and one renewal for all who share the tokens."""

import json
import stat
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from services.cli.adapters.credentials import TokenCache, Tokens
from services.cli.adapters.http import HttpClient
from shared.errors import Unauthorized, Unavailable

URL = "http://edge"


class RotatingEdge:
    """`/login` and `/refresh` as the edge has them: a refresh token works once; using it again ends the sign-in."""

    def __init__(self) -> None:
        self.issued = 0
        self.refreshes = 0
        self.lifetime_s = 600.0

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/documents":
            good = request.headers.get("authorization") == f"Bearer access-{self.issued}"
            return httpx.Response(200, json={"documents": []}) if good else self.refuse()
        body = json.loads(request.content)
        if request.url.path == "/refresh":
            self.refreshes += 1
        known = body.get("password") == "right" or body.get("refresh_token") == f"refresh-{self.issued}"
        return self.tokens() if known else self.refuse()

    def tokens(self) -> httpx.Response:
        self.issued += 1
        access, refresh = f"access-{self.issued}", f"refresh-{self.issued}"
        return httpx.Response(
            200, json={"access_token": access, "refresh_token": refresh, "expires_in": self.lifetime_s}
        )

    def refuse(self) -> httpx.Response:
        return httpx.Response(401, json={"code": "unauthorized", "detail": "No.", "title": "", "status": 401})


def client(edge: RotatingEdge, folder: Path) -> HttpClient:
    return HttpClient(URL, cache=TokenCache(folder), transport=edge.transport())


async def documents(one: HttpClient) -> list[object]:
    return [document async for document in one.documents()]


async def test_signed_in_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    edge, folder = RotatingEdge(), tmp_path / "sluice"
    async with client(edge, folder) as first:
        await first.sign_in("ada", "right")
    async with client(edge, folder) as second:
        assert second.username == "ada"
        assert await documents(second) == []
    held = folder / "credentials.json"
    assert stat.S_IMODE(held.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "right" not in held.read_text()


async def test_a_wrong_password_leaves_nobody_signed_in(tmp_path: Path) -> None:
    async with client(RotatingEdge(), tmp_path) as one:
        with pytest.raises(Unauthorized):
            await one.sign_in("ada", "wrong")
        with pytest.raises(Unauthorized):
            await documents(one)


async def test_of_two_processes_with_a_token_that_ran_out_one_renews_it(tmp_path: Path) -> None:
    edge = RotatingEdge()
    async with client(edge, tmp_path) as first:
        await first.sign_in("ada", "right")
        cache = TokenCache(tmp_path)
        held = cache.load(URL)
        assert held is not None
        cache.save(URL, msgspec.structs.replace(held, expires_at=time.time()))
        async with client(edge, tmp_path) as second, client(edge, tmp_path) as third:
            assert await documents(second) == []
            assert await documents(third) == []
    assert edge.refreshes == 1


async def test_a_sign_in_that_was_ended_elsewhere_is_forgotten(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path)
    cache.save(URL, Tokens("ada", "access-0", "spent", 0.0))
    async with client(RotatingEdge(), tmp_path) as one:
        with pytest.raises(Unauthorized, match="run out"):
            await documents(one)
    assert cache.load(URL) is None


async def test_an_edge_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with HttpClient("http://127.0.0.1:9", cache=TokenCache(tmp_path)) as one:
        with pytest.raises(Unavailable):
            await one.sign_in("ada", "right")


async def test_tokens_of_several_edges_lie_beside_each_other(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path)
    cache.save("http://a", Tokens("ada", "1", "1", 0.0))
    cache.save("http://b", Tokens("bob", "2", "2", 0.0))
    cache.forget("http://a")
    assert cache.load("http://a") is None
    assert cache.load("http://b") == Tokens("bob", "2", "2", 0.0)
