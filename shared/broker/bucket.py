"""A JetStream key-value bucket and an object store, as the bus port has them."""

import nats.js.errors
from nats.js.api import Header
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, KeyNotFoundError
from nats.js.kv import KeyValue

from shared import subjects
from shared.errors import Conflict, Unavailable

from .connection import translated
from .ports import Entry

WRONG_REVISION_CODES = frozenset({10071, 10164})
"""JetStream's error codes for: the key's newest revision is another."""

LISTED_AT_ONCE = 100_000
"""Subjects that nats-server names in one answer on a stream; a longer list would be cut, silently."""
KEY_VALUE_STREAM = "KV_{}"
OBJECT_STORE_STREAM = "OBJ_{}"
"""How JetStream calls the streams of buckets and object stores."""


class Bucket:
    """Writes with JetStream's own headers, since nats-py's `update` takes no time to live."""

    def __init__(self, js: JetStreamContext, name: str) -> None:
        self._js = js
        self._name = name
        self._found: KeyValue | None = None

    async def get(self, key: str) -> Entry | None:
        with translated(f"The bucket {self._name}"):
            try:
                entry = await (await self._bucket()).get(key)
            except KeyNotFoundError:
                return None
        if entry.value is None or entry.revision is None:  # past its time to live
            return None
        return Entry(key, entry.value, entry.revision)

    async def put(self, key: str, value: bytes, *, ttl_s: float | None = None) -> int:
        return await self._write(key, value, None, ttl_s)

    async def create(self, key: str, value: bytes, *, ttl_s: float | None = None) -> int:
        try:
            return await self._write(key, value, 0, ttl_s)
        except Conflict:
            if await self.get(key) is not None:
                raise
        with translated(f"The bucket {self._name}"):  # a deleted key: nats-py knows its tombstone's revision
            return await (await self._bucket()).create(key, value, msg_ttl=ttl_s)

    async def update(self, key: str, value: bytes, *, revision: int, ttl_s: float | None = None) -> int:
        return await self._write(key, value, revision, ttl_s)

    async def delete(self, key: str) -> None:
        with translated(f"The bucket {self._name}"):
            await (await self._bucket()).delete(key)

    async def entries(self) -> list[Entry]:
        """By the stream's own account. nats-py's `keys` reads a new consumer, takes a bucket for empty whose entries
        are still on their way, and leaves the consumer behind."""
        with translated(f"The bucket {self._name}"):
            state = (
                await self._js.stream_info(KEY_VALUE_STREAM.format(self._name), subjects_filter=">")
            ).state
        named = state.subjects or {}
        if len(named) >= LISTED_AT_ONCE:
            raise Unavailable(f"The bucket {self._name} has more keys than NATS lists at once.")
        prefix = subjects.bucket_key(self._name, "")
        found = [await self.get(subject.removeprefix(prefix)) for subject in named]
        return [entry for entry in found if entry is not None]

    async def _bucket(self) -> KeyValue:
        """nats-py asks for the stream's description to make one: once is enough, it keeps no more than names."""
        if self._found is None:
            self._found = await self._js.key_value(self._name)
        return self._found

    async def _write(self, key: str, value: bytes, revision: int | None, ttl_s: float | None) -> int:
        headers = (
            {} if revision is None else {str(Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value): str(revision)}
        )
        with translated(f"The bucket {self._name}"):
            try:
                ack = await self._js.publish(
                    subjects.bucket_key(self._name, key), value, headers=headers, msg_ttl=ttl_s
                )
            except APIError as error:
                if error.err_code in WRONG_REVISION_CODES:
                    raise Conflict(f"{key} was changed by somebody else.") from error
                raise
        return ack.seq


class ObjectStore:
    """Large values, in pieces."""

    def __init__(self, js: JetStreamContext, name: str) -> None:
        self._js = js
        self._name = name

    async def put(self, name: str, data: bytes) -> None:
        with translated(f"The store {self._name}"):
            await (await self._js.object_store(self._name)).put(name, data)

    async def get(self, name: str) -> bytes:
        with translated(f"The store {self._name}"):
            found = await (await self._js.object_store(self._name)).get(name)
        return found.data or b""

    async def delete(self, name: str) -> None:
        with translated(f"The store {self._name}"):
            try:
                await (await self._js.object_store(self._name)).delete(name)
            except (nats.js.errors.ObjectNotFoundError, nats.js.errors.ObjectDeletedError):
                return
