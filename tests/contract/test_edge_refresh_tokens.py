"""What `ports/identity.py` promises of refresh tokens, held by PostgreSQL. Times are Unix seconds."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from services.edge.adapters.postgres import Database, PostgresAccounts, PostgresRefreshTokens
from services.edge.domain.identity import Account, RefreshToken
from services.edge.migrations.__main__ import migrate
from services.edge.ports.identity import RefreshTokens

NOW = 1_800_000_000.0
LIFETIME_S = 1000.0
GRACE_S = 10.0


@pytest.fixture
async def tokens(database_url: str) -> AsyncGenerator[RefreshTokens]:
    await migrate(database_url)
    database = Database.at(database_url, 4)
    await PostgresAccounts(database).add(Account("u1", "ada", "user", ""))
    made = PostgresRefreshTokens(database)
    await made.add(RefreshToken(b"first", "f1", "u1", NOW + LIFETIME_S), now=NOW)
    yield made
    await database.close()


async def rotate(
    tokens: RefreshTokens, used: bytes, successor: bytes, at: float = 0.0, grace_s: float = GRACE_S
) -> RefreshToken | None:
    return await tokens.rotate(used, successor, now=NOW + at, lifetime_s=LIFETIME_S, grace_s=grace_s)


async def test_a_successor_of_the_same_family(tokens: RefreshTokens) -> None:
    assert await rotate(tokens, b"first", b"second", at=5) == RefreshToken(
        b"second", "f1", "u1", NOW + 5 + LIFETIME_S
    )
    assert await rotate(tokens, b"second", b"third", at=6) is not None


async def test_two_tabs_within_the_grace_both_go_on(tokens: RefreshTokens) -> None:
    for successor, at in ((b"one", 0), (b"two", 9.9)):
        assert await rotate(tokens, b"first", successor, at=at) is not None
    assert await rotate(tokens, b"one", b"one-b", at=500) is not None
    assert await rotate(tokens, b"two", b"two-b", at=600) is not None


async def test_many_at_once_within_the_grace(tokens: RefreshTokens) -> None:
    given = await asyncio.gather(*(rotate(tokens, b"first", b"%d" % n) for n in range(8)))
    assert {token.family for token in given if token} == {"f1"}
    assert None not in given


async def test_after_the_grace_reuse_ends_the_family(tokens: RefreshTokens) -> None:
    """The grace counts from the first use: a copy that is used again and again does not prolong it."""
    for successor, at in ((b"one", 0), (b"two", 8)):
        assert await rotate(tokens, b"first", successor, at=at) is not None
    assert await rotate(tokens, b"first", b"thief", at=10) is None
    for used in (b"first", b"one", b"two", b"thief"):
        assert await rotate(tokens, used, b"x", at=11) is None


async def test_without_a_grace_of_many_at_once_one_wins_and_the_family_ends(tokens: RefreshTokens) -> None:
    given = await asyncio.gather(*(rotate(tokens, b"first", b"%d" % n, grace_s=0) for n in range(8)))
    (won,) = [token for token in given if token]
    assert await rotate(tokens, won.hash, b"x", grace_s=0) is None


async def test_expired_or_ended(tokens: RefreshTokens) -> None:
    assert await rotate(tokens, b"first", b"late", at=LIFETIME_S + 1) is None
    assert await rotate(tokens, b"first", b"one") is not None
    await tokens.end_family(b"one", user="u1")
    assert await rotate(tokens, b"first", b"two", at=1) is None  # not even within the grace
