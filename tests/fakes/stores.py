"""Buckets and object stores of the bus in memory."""

import time
from typing import TYPE_CHECKING

from shared import subjects
from shared.broker.ports import Entry
from shared.errors import Conflict, NotFound

if TYPE_CHECKING:
    from tests.fakes.bus import MemoryBus


class MemoryBucket:
    def __init__(self, bus: "MemoryBus", name: str) -> None:
        self._bus = bus
        self._name = name
        self._values: dict[str, tuple[bytes, int, float]] = {}
        self._revision = 0

    async def get(self, key: str) -> Entry | None:
        value, revision, expires_at = self._values.get(key, (b"", 0, 0.0))
        return Entry(key, value, revision) if expires_at > time.monotonic() else None

    async def put(self, key: str, value: bytes, *, ttl_s: float | None = None) -> int:
        self._bus.require_connection()
        self._revision += 1
        self._values[key] = (value, self._revision, time.monotonic() + (ttl_s or 1e9))
        revision = self._revision
        await self._bus.say(subjects.bucket_key(self._name, key), value)
        return revision

    async def create(self, key: str, value: bytes, *, ttl_s: float | None = None) -> int:
        if await self.get(key) is not None:
            raise Conflict(f"{key} was changed by somebody else.")
        return await self.put(key, value, ttl_s=ttl_s)

    async def update(self, key: str, value: bytes, *, revision: int, ttl_s: float | None = None) -> int:
        entry = await self.get(key)
        if entry is None or entry.revision != revision:
            raise Conflict(f"{key} was changed by somebody else.")
        return await self.put(key, value, ttl_s=ttl_s)

    async def delete(self, key: str) -> None:
        self._bus.require_connection()
        self._revision += 1
        self._values.pop(key, None)

    async def entries(self) -> list[Entry]:
        found = [await self.get(key) for key in list(self._values)]
        return [entry for entry in found if entry is not None]


class MemoryBlobs:
    def __init__(self, bus: "MemoryBus") -> None:
        self._bus = bus
        self._values: dict[str, bytes] = {}

    async def put(self, name: str, data: bytes) -> None:
        self._bus.require_connection()
        self._values[name] = data

    async def get(self, name: str) -> bytes:
        self._bus.require_connection()
        if name not in self._values:
            raise NotFound("The store has no such entry.")
        return self._values[name]

    async def delete(self, name: str) -> None:
        self._bus.require_connection()
        self._values.pop(name, None)
