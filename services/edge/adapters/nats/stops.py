"""Hears which answers were stopped, by whichever edge."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog

from shared import subjects
from shared.broker.ports import Bus
from shared.messages import CancelJob
from shared.messages.control import Control

log = structlog.get_logger()


class StopFeed:
    """Call `start` before anything else, and `close` at the end. `stopped` is told the request."""

    def __init__(self, bus: Bus, stopped: Callable[[str], None]) -> None:
        self._bus = bus
        self._stopped = stopped
        self._decoder: msgspec.msgpack.Decoder[Control] = msgspec.msgpack.Decoder(Control)
        self._unsubscribe: Callable[[], Awaitable[None]] | None = None

    async def start(self) -> None:
        """The bus may connect later: it tells of its first connection as of each one after that."""
        self._bus.on_reconnect(self._connected)
        if self._bus.connected:
            await self._connected()

    async def close(self) -> None:
        if self._unsubscribe is not None:
            await self._unsubscribe()

    async def _connected(self) -> None:
        if self._unsubscribe is None:
            self._unsubscribe = await self._bus.listen(subjects.CONTROL, self._hear)

    async def _hear(self, subject: str, data: bytes) -> None:
        try:
            message = self._decoder.decode(data)
        except msgspec.DecodeError as error:
            log.warning("control.unreadable", subject=subject, error=str(error))
            return
        if isinstance(message, CancelJob):
            self._stopped(message.request)
