"""The bucket REVOCATIONS: written when access is taken back, and followed by every edge."""

import asyncio
import time
from collections.abc import Callable

import msgspec
import structlog

from services.edge.domain.identity import Principal
from shared import subjects
from shared.broker import Bus
from shared.errors import Unavailable
from shared.messages import Revocation

log = structlog.get_logger()

BUCKET = subjects.REVOCATIONS_BUCKET
PREFIX = subjects.bucket_key(BUCKET, "")
TICK_S = 1.0
LONGER_THAN_A_TOKEN_S = 3600.0
"""No access token lives as long; what a revoked one was called can be forgotten then."""


class RevocationBucket:
    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(BUCKET)

    async def revoke_user(self, user: str, not_before: float, reason: str) -> None:
        value = msgspec.msgpack.encode(Revocation(not_before=not_before, reason=reason))
        await self._bucket.put(subjects.revoked_user(user), value)

    async def revoke_token(self, principal: Principal, reason: str) -> None:
        value = msgspec.msgpack.encode(Revocation(not_before=principal.expires_at, reason=reason))
        await self._bucket.put(subjects.revoked_token(principal.token_id), value, ttl_s=LONGER_THAN_A_TOKEN_S)


class RevocationFeed:
    """Keeps the whole bucket in memory. Register `follow` with the bus's `on_reconnect`, and hold `run`."""

    def __init__(self, bus: Bus, *, stale_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._stale_s = stale_s
        self._clock = clock
        self._fresh_at = float("-inf")
        self._complete = False
        self._listening = False
        self._not_before: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self._waiting: dict[asyncio.Future[None], Principal] = {}

    @property
    def fresh(self) -> bool:
        return self._clock() - self._fresh_at <= self._stale_s

    def revoked(self, principal: Principal) -> bool:
        if not self.fresh:
            raise Unavailable("It cannot be told now who may come in.")
        return self._is_revoked(principal)

    async def until_revoked(self, principal: Principal) -> None:
        if self._is_revoked(principal):
            return
        news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[news] = principal
        try:
            await news
        finally:
            del self._waiting[news]

    async def follow(self) -> None:
        """After each connection: writes may have been missed, so the bucket is read anew.

        What is heard while it is being read is newer than what is read. Raises `Unavailable`.
        """
        self._complete = False
        self._heard = {}
        if not self._listening:
            await self._bus.listen(subjects.changes(BUCKET), self._hear)
            self._listening = True
        read = {entry.key: _not_before(entry.value) for entry in await self._bus.bucket(BUCKET).entries()}
        self._not_before = {key: at for key, at in read.items() if at is not None} | self._heard
        self._complete = True
        self._fresh_at = self._clock()
        self._tell()

    async def run(self) -> None:
        while True:
            if self._bus.connected and self._complete:
                self._fresh_at = self._clock()
            self._forget_old_tokens()
            await asyncio.sleep(TICK_S)

    async def _hear(self, subject: str, data: bytes) -> None:
        key = subject.removeprefix(PREFIX)
        not_before = _not_before(data)
        if not_before is None:
            return  # a deletion: it counts from the next reading on
        self._not_before[key] = self._heard[key] = not_before
        self._tell()

    def _is_revoked(self, principal: Principal) -> bool:
        user = self._not_before.get(subjects.revoked_user(principal.user), 0.0)
        return principal.issued_at <= user or subjects.revoked_token(principal.token_id) in self._not_before

    def _tell(self) -> None:
        for news, principal in self._waiting.items():
            if not news.done() and self._is_revoked(principal):
                news.set_result(None)

    def _forget_old_tokens(self) -> None:
        limit = time.time() - LONGER_THAN_A_TOKEN_S
        prefix = subjects.revoked_token("")
        for known in (self._not_before, self._heard):
            for key in [key for key, at in known.items() if at < limit and key.startswith(prefix)]:
                del known[key]


def _not_before(data: bytes) -> float | None:
    if not data:
        return None
    try:
        return msgspec.msgpack.decode(data, type=Revocation).not_before
    except msgspec.DecodeError:
        log.exception("revocation.unreadable")
        return None
