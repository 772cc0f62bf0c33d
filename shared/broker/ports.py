"""The bus as services see it. `NatsBus` is the real one, `tests.fakes.bus.MemoryBus` the other; one contract
suite holds both to this page.

All methods raise `Unavailable` when the bus or the peer is away, within two seconds.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

import msgspec

from shared.messages import Message

T = TypeVar("T")
Q = TypeVar("Q")

Headers = Mapping[str, str]
Handler = Callable[[str, bytes], Awaitable[None]]
Take = Callable[[list[bytes]], None]


class Stored(msgspec.Struct, frozen=True):
    """Where a message lies in its stream. `duplicate`: the same id was there already, nothing was stored."""

    sequence: int
    duplicate: bool


class Entry(msgspec.Struct, frozen=True):
    key: str
    value: bytes
    revision: int


class Delivery(Protocol):
    """A message pulled from a stream; exactly one of `ack`, `nak` and `term` settles it."""

    @property
    def data(self) -> bytes: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def sequence(self) -> int: ...
    @property
    def handle(self) -> str:
        """Names it to the bus: another process may settle it by that (`NatsBus.given`)."""
        ...

    @property
    def deliveries(self) -> int:
        """How often it was delivered, this time included."""
        ...

    async def ack(self) -> None: ...
    async def nak(self, delay_s: float = 0.0) -> None:
        """Give it back, to be delivered again after `delay_s`."""
        ...

    async def term(self) -> None:
        """Never deliver it again."""
        ...

    async def in_progress(self) -> None:
        """Restart the time within which it must be settled."""
        ...


class Consumer(Protocol):
    async def fetch(self, batch: int, timeout_s: float) -> list[Delivery]:
        """Up to `batch` messages; the empty list when none came within `timeout_s`. 0: what lies there now."""
        ...


class KeyValue(Protocol):
    """A bucket. A key's revision grows with each write to the bucket.

    Whoever listens on `subjects.changes(bucket)` hears of each write.
    """

    async def get(self, key: str) -> Entry | None: ...
    async def put(self, key: str, value: bytes, *, ttl_s: float | None = None) -> int: ...
    async def create(self, key: str, value: bytes, *, ttl_s: float | None = None) -> int:
        """Raises `Conflict` if the key has a value."""
        ...

    async def update(self, key: str, value: bytes, *, revision: int, ttl_s: float | None = None) -> int:
        """Compare-and-set: raises `Conflict` unless `revision` is the key's newest."""
        ...

    async def delete(self, key: str) -> None: ...
    async def entries(self) -> list[Entry]:
        """All keys that have a value, with it."""
        ...


class Blobs(Protocol):
    """An object store. `get` raises `NotFound`."""

    async def put(self, name: str, data: bytes) -> None: ...
    async def get(self, name: str) -> bytes: ...
    async def delete(self, name: str) -> None: ...


class Bus(Protocol):
    @property
    def connected(self) -> bool: ...

    async def publish(self, subject: str, message: Message) -> None:
        """To whoever listens now; nobody may."""
        ...

    async def request(self, subject: str, message: Message, reply: type[T], *, timeout_s: float = 2.0) -> T:
        """One peer's reply, or the error that it raised."""
        ...

    async def append(self, subject: str, message: Message, *, id: str) -> Stored:
        """Durably, once an `id` (within two minutes). Raises `QueueFull`, or `TooLarge`; `NotTaken` where it is certain
        that nothing was stored."""
        ...

    async def delete(self, stream: str, sequence: int) -> None:
        """Remove a message from a stream; one that is not there is no error."""
        ...

    async def consume(self, stream: str, durable: str, subject: str, *, ack_wait_s: float) -> Consumer:
        """The named consumer of a stream, shared by all who use its name."""
        ...

    def bucket(self, name: str) -> KeyValue: ...
    def blobs(self, name: str) -> Blobs: ...

    async def stored(self, stream: str, sequence: int) -> bytes | None:
        """A message that still lies in a stream."""
        ...

    async def answer(
        self, subject: str, kind: type[Q], handler: Callable[[Q], Awaitable[Message]]
    ) -> Callable[[], Awaitable[None]]:
        """Answers requests on a subject; an error of `shared.errors` is answered with. Returns what ends it."""
        ...

    async def listen(self, subject: str, handler: Handler) -> Callable[[], Awaitable[None]]:
        """Every core message on `subject`, raw, in order: subject and data. Returns what ends it."""
        ...

    async def tap(self, subject: str, take: Take) -> Callable[[], Awaitable[None]]:
        """The same in the very call that brings them: `take` gets the data of all that came at once."""
        ...

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Called after each time the connection was lost and is back: messages may have been missed."""
        ...
