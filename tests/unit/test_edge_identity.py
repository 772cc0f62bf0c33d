"""Tokens, keys, throttle and revocations, without a server."""

import asyncio
import base64
import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.edge.adapters.jwt import JwtAccessTokens
from services.edge.adapters.keys import SigningKeys
from services.edge.adapters.revocations import RevocationBucket, RevocationFeed
from services.edge.domain.identity import Account, Principal
from services.edge.domain.throttle import ACCOUNTS_REMEMBERED, LoginThrottle
from shared.errors import RateLimited, Unauthorized, Unavailable
from tests.fakes.bus import MemoryBus

ADA = Account(id="a" * 32, name="ada", role="user", password_hash="")
NOW = 1_800_000_000.0


@pytest.fixture
def keys(tmp_path: Path) -> SigningKeys:
    keys = SigningKeys(tmp_path / "keys")
    keys.open()
    return keys


@pytest.fixture
def tokens(keys: SigningKeys) -> JwtAccessTokens:
    return JwtAccessTokens(keys, issuer="sluice", audience="sluice", lifetime_s=600)


CLAIMS = {
    "iss": "sluice",
    "aud": "sluice",
    "sub": ADA.id,
    "jti": "t1",
    "iat": int(NOW),
    "exp": int(NOW) + 600,
    "name": "ada",
    "role": "user",
}


def forge(keys: SigningKeys, *, headers: dict[str, object] | None = None, **changes: object) -> str:
    """A token by the right key; a change to None leaves the claim out."""
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    wanted = {"kid": keys.current_id, "typ": "at+jwt", **(headers or {})}
    told = {name: value for name, value in wanted.items() if name == "typ" or value is not None}
    return jwt.encode(claims, keys.private, algorithm="EdDSA", headers=told)


def test_a_token_tells_its_principal(tokens: JwtAccessTokens) -> None:
    token, lifetime_s = tokens.issue(ADA, now=NOW + 0.9)
    principal = tokens.verify(token, now=NOW + 1)
    assert (principal.user, principal.name, principal.role) == (ADA.id, "ada", "user")
    assert (principal.issued_at, principal.expires_at, lifetime_s) == (NOW, NOW + 600, 600)


def test_a_token_seen_before_ends_all_the_same_and_lends_nothing_to_another(tokens: JwtAccessTokens) -> None:
    token, _ = tokens.issue(ADA, now=NOW)
    assert tokens.verify(token, now=NOW + 1) == tokens.verify(token, now=NOW + 2)
    with pytest.raises(Unauthorized):
        tokens.verify(token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"), now=NOW + 3)
    for now in (NOW + 600, NOW - 60):
        with pytest.raises(Unauthorized):
            tokens.verify(token, now=now)


def test_the_forgery_is_made_right(keys: SigningKeys, tokens: JwtAccessTokens) -> None:
    """Else the tests below would refuse it for the wrong reason."""
    assert tokens.verify(forge(keys), now=NOW + 1).user == ADA.id


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None}, {"iss": "other"}, {"aud": None}, {"aud": "other"}, {"sub": None}, {"sub": ""},
        {"jti": None}, {"iat": None}, {"exp": None}, {"exp": NOW}, {"exp": "never"}, {"exp": float("nan")},
        {"iat": NOW + 3600}, {"role": "root"}, {"role": None}, {"name": None}, {"sub": ["a"]},
        {"headers": {"typ": "JWT"}}, {"headers": {"typ": None}}, {"headers": {"kid": None}},
        {"headers": {"kid": "other"}}, {"headers": {"kid": "../signing"}}, {"headers": {"kid": "/etc/passwd"}},
        {"headers": {"crit": ["exp"]}},
    ],
)  # fmt: skip
def test_wrong_claims_and_headers_are_refused(
    keys: SigningKeys, tokens: JwtAccessTokens, changes: dict[str, object]
) -> None:
    headers = changes.pop("headers", None)
    token = forge(keys, headers=headers, **changes)  # pyright: ignore[reportArgumentType]
    with pytest.raises(Unauthorized):
        tokens.verify(token, now=NOW + 1)


def test_other_algorithms_are_refused(keys: SigningKeys, tokens: JwtAccessTokens) -> None:
    headers = {"kid": keys.current_id, "typ": "at+jwt"}
    public = keys.public[keys.current_id]
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(Unauthorized):
        tokens.verify(jwt.encode(CLAIMS, "", algorithm="none", headers=headers), now=NOW)
    for secret in (pem, public.public_bytes_raw()):
        with pytest.raises(Unauthorized):
            tokens.verify(hs256(headers, secret), now=NOW)
    other = jwt.encode(CLAIMS, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=headers)
    with pytest.raises(Unauthorized):
        tokens.verify(other, now=NOW)


def hs256(headers: dict[str, str], secret: bytes) -> str:
    """By hand: PyJWT refuses to sign with a public key."""
    import hashlib
    import hmac

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part({**headers, "alg": "HS256"}) + b"." + part(CLAIMS)
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "e30.e30.", "é.é.é", "x" * 100_000])
def test_what_is_no_token_is_refused(tokens: JwtAccessTokens, token: str) -> None:
    with pytest.raises(Unauthorized):
        tokens.verify(token, now=NOW)


def test_keys_are_private_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first, second = SigningKeys(folder), SigningKeys(folder)
    first.open()
    second.open()
    assert first.current_id == second.current_id
    assert [path.name for path in folder.iterdir()] == ["signing.pem"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "signing.pem").stat().st_mode) == 0o600


def test_edges_that_start_together_agree(tmp_path: Path) -> None:
    def start(_: int) -> str:
        keys = SigningKeys(tmp_path / "keys")
        keys.open()
        return keys.current_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(16)))) == 1


def test_an_older_key_still_verifies(tmp_path: Path) -> None:
    old = SigningKeys(tmp_path)
    old.open()
    token, _ = JwtAccessTokens(old, issuer="sluice", audience="sluice", lifetime_s=600).issue(ADA, now=NOW)
    (tmp_path / "signing.pem").rename(tmp_path / "before.pem")
    new = SigningKeys(tmp_path)
    new.open()
    assert new.current_id != old.current_id
    both = JwtAccessTokens(new, issuer="sluice", audience="sluice", lifetime_s=600)
    assert both.verify(token, now=NOW).user == ADA.id
    assert len(both.public_keys()["keys"]) == 2  # pyright: ignore[reportArgumentType]


def test_the_throttle_counts_by_account_and_forgets() -> None:
    throttle = LoginThrottle(attempts=2, window_s=60)
    throttle.admit("ada", now=0)
    throttle.admit("ada", now=10)
    with pytest.raises(RateLimited) as refused:
        throttle.admit("ada", now=20)
    assert refused.value.retry_after_s == 40
    throttle.admit("grace", now=20)
    throttle.admit("ada", now=61)  # the first is out of the window
    throttle.withdraw("ada")
    throttle.admit("ada", now=62)
    throttle.forget("ada")
    throttle.admit("ada", now=63)


def test_the_throttle_is_bounded() -> None:
    throttle = LoginThrottle(attempts=1, window_s=60)
    throttle.admit("first", now=0)
    for number in range(ACCOUNTS_REMEMBERED):
        throttle.admit(str(number), now=0)
    throttle.admit("first", now=0)
    with pytest.raises(RateLimited):
        throttle.admit(str(ACCOUNTS_REMEMBERED - 1), now=0)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def principal(user: str = "ada", token: str = "t1", issued_at: float | None = None) -> Principal:
    now = time.time()
    return Principal(user, user, "user", token, now if issued_at is None else issued_at, now + 600)


async def test_nobody_is_let_in_before_the_bucket_was_read_or_when_its_news_are_old() -> None:
    bus, clock = MemoryBus(), Clock()
    feed = RevocationFeed(bus, stale_s=60, clock=clock)
    with pytest.raises(Unavailable):
        feed.revoked(principal())
    await feed.follow()
    assert not feed.revoked(principal())
    clock.now += 60
    assert not feed.revoked(principal())
    clock.now += 1
    with pytest.raises(Unavailable):
        feed.revoked(principal())


async def test_what_was_revoked_before_during_and_after() -> None:
    bus = MemoryBus()
    bucket = RevocationBucket(bus)
    feed = RevocationFeed(bus, stale_s=60)
    bus.on_reconnect(feed.follow)
    await bucket.revoke_user("before", time.time(), "")
    await feed.follow()
    await bucket.revoke_user("during", time.time(), "")
    await bucket.revoke_token(principal(token="t9"), "")
    past = time.time() - 5
    assert feed.revoked(principal("before", issued_at=past))
    assert feed.revoked(principal("during", issued_at=past))
    assert feed.revoked(principal(token="t9"))
    assert not feed.revoked(principal("during", issued_at=time.time() + 1))
    assert not feed.revoked(principal("other", issued_at=past))
    await bus.reconnect()
    assert feed.revoked(principal("before", issued_at=past))
    assert feed.revoked(principal("during", issued_at=past))


async def test_who_waits_is_told() -> None:
    bus = MemoryBus()
    feed = RevocationFeed(bus, stale_s=60)
    await feed.follow()
    past = time.time() - 5
    ada = asyncio.create_task(feed.until_revoked(principal("ada", issued_at=past)))
    grace = asyncio.create_task(feed.until_revoked(principal("grace", issued_at=past)))
    await asyncio.sleep(0)
    await RevocationBucket(bus).revoke_user("ada", time.time(), "")
    await asyncio.wait_for(ada, 1)
    assert not grace.done()
    grace.cancel()
    await asyncio.wait_for(feed.until_revoked(principal("ada", issued_at=past)), 1)
