"""Connecting to NATS, with the values that lose least when a server dies, and its errors as ours."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypedDict, cast

import nats.errors
import nats.js.errors
import structlog

from shared.errors import Conflict, NotFound, NotTaken, QueueFull, SluiceError, TooLarge, Unavailable
from shared.settings import servers

from .tap import TappedClient

log = structlog.get_logger()

MESSAGE_TOO_LARGE = 10054
QUEUE_FULL_CODES = frozenset({10077, 10047, 10023})
"""JetStream's error codes for: maximum messages, storage or resources exceeded."""

FIRST_CONNECT_S = 2.0
"""For each server: one that says nothing must leave time for the next."""


class ConnectionOptions(TypedDict):
    reconnect_time_wait: int
    max_reconnect_attempts: int
    ping_interval: int
    max_outstanding_pings: int
    connect_timeout: int
    pending_size: int


def connection_options() -> ConnectionOptions:
    """A kill of the server lost 957 messages with nats-py's defaults and one with these."""
    return ConnectionOptions(
        reconnect_time_wait=cast("int", 0.05),  # annotated as whole seconds, used as a float
        max_reconnect_attempts=-1,
        ping_interval=5,
        max_outstanding_pings=2,
        connect_timeout=2,
        pending_size=8 * 1024 * 1024,
    )


async def connect(
    url: str, name: str, on_reconnect: Callable[[], Awaitable[None]] | None = None
) -> TappedClient:
    """A connection that reconnects for ever, to whichever server of `url` is there. Raises `Unavailable` when none
    answers at first."""

    client, pool = TappedClient(), servers(url)
    events = _Events(client, name, on_reconnect)
    with translated("NATS"):
        # With endless reconnects nats-py tries for ever at first, too.
        async with asyncio.timeout(FIRST_CONNECT_S * len(pool)):
            await client.connect(
                pool,
                name=name,
                disconnected_cb=events.disconnected,
                reconnected_cb=events.reconnected,
                error_cb=events.failed,
                allow_reconnect=True,
                **connection_options(),
            )
    return client


class _Events:
    """What nats-py tells of a connection, logged once: while the server is away it errs twenty times a second."""

    def __init__(
        self, client: TappedClient, name: str, on_reconnect: Callable[[], Awaitable[None]] | None
    ) -> None:
        self._client = client
        self._name = name
        self._on_reconnect = on_reconnect
        self._away = False

    async def disconnected(self) -> None:
        """Also told when we close the connection ourselves, which is no news."""
        if self._client.is_closed:
            return
        self._away = True
        log.warning("nats.disconnected", connection=self._name)

    async def reconnected(self) -> None:
        self._away = False
        log.info("nats.reconnected", connection=self._name)
        if self._on_reconnect is not None:
            await self._on_reconnect()

    async def failed(self, error: Exception) -> None:
        say = log.debug if self._away else log.warning
        say("nats.error", connection=self._name, error=repr(error))


@contextmanager
def translated(what: str) -> Generator[None]:
    """nats-py's errors, raised in the block, leave it as ours. `what` names the peer in the message."""
    try:
        yield
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise _ours(error, what) from error


def _ours(error: Exception, what: str) -> SluiceError:
    match error:
        case nats.errors.MaxPayloadError():
            return TooLarge("The message is larger than the bus takes.")
        case nats.js.errors.KeyWrongLastSequenceError():
            return Conflict("The value was changed by somebody else.")
        case nats.js.errors.KeyNotFoundError() | nats.js.errors.ObjectNotFoundError():
            return NotFound(f"{what} has no such entry.")
        case nats.js.errors.NoStreamResponseError():  # a stream without a leader listens to nobody
            return NotTaken(f"{what} takes nothing now.")
        case nats.js.errors.APIError(err_code=code) if code == MESSAGE_TOO_LARGE:
            return TooLarge("The message is larger than the queue takes.")
        case nats.js.errors.APIError(err_code=code) if code in QUEUE_FULL_CODES:
            return QueueFull(f"{what} is full.")
        case nats.js.errors.APIError(description=description):
            return Unavailable(f"{what} cannot be used now ({description}).")
        case _:
            return Unavailable(f"{what} does not answer.")
