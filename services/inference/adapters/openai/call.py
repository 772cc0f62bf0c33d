"""One question to the upstream, and what comes of it."""

import asyncio
from collections.abc import Callable, Coroutine

import msgspec

from services.inference.adapters.mailbox import Mailbox
from services.inference.adapters.openai.answers import Broken
from services.inference.adapters.openai.chunks import ChunkReader
from services.inference.adapters.openai.connection import Connection
from services.inference.adapters.openai.events import Events
from services.inference.adapters.openai.failures import refusal
from services.inference.adapters.openai.pool import Pool
from services.inference.adapters.openai.wire import Chunk
from services.inference.ports import Output
from shared.errors import EngineFailed, SluiceError, Unavailable

MAX_ERROR_BYTES = 64 * 1024
MAX_UNREAD_BYTES = 1024 * 1024
"""Of events whose reader has not come for them; then the upstream is made to wait."""
DONE = b"[DONE]"

_decode = msgspec.json.Decoder(Chunk).decode


class Call:
    """Outputs go into `mailbox` in the very call that brings their bytes. `spawn` starts a task and holds it, `on_end`
    is called once."""

    def __init__(
        self,
        pool: Pool,
        request: bytes,
        reader: ChunkReader,
        mailbox: Mailbox,
        *,
        spawn: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        on_end: "Callable[[Call], None]",
    ) -> None:
        self._pool = pool
        self._request = request
        self._reader = reader
        self._mailbox = mailbox
        self._spawn = spawn
        self._on_end = on_end
        self._events = Events()
        self._error = bytearray()
        self._unread_bytes = 0
        self._status = 0
        self._headers: dict[str, str] = {}
        self._connection: Connection | None = None
        self._is_over = False
        self._asking = spawn(self._ask(fresh=False))

    def leave(self, error: SluiceError | None = None) -> None:
        """Closes the upstream's connection, which stops any decent one. A reader that is still there gets `error`."""
        self._asking.cancel()
        self._fail(error)

    def begun(self, status: int, headers: dict[str, str]) -> None:
        self._status, self._headers = status, headers

    def body(self, data: bytes) -> None:
        """The hot path: runs for each token of each stream."""
        if self._is_over:
            return
        if not 200 <= self._status < 300:
            self._error += data[: MAX_ERROR_BYTES - len(self._error)]
            return
        try:
            for event in self._events.feed(data):
                if event == DONE:
                    self._finish()
                    return
                if event and (output := self._reader.output(_decode(event))) is not None:
                    self._put(output, len(event))
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._fail(EngineFailed("The model's server does not speak OpenAI's API."))
        except SluiceError as error:
            self._fail(error)

    def over(self, why: Broken | None) -> None:
        if self._is_over:
            return
        if why is not None and why.is_stale:
            self._connection = None
            self._asking = self._spawn(self._ask(fresh=True))
        elif why is not None:
            self._fail(EngineFailed(f"The connection to the model's server broke: {why}."))
        elif not 200 <= self._status < 300:
            self._fail(refusal(self._status, self._headers, bytes(self._error)))
        else:
            self.body(b"\n")
            self._finish()

    async def _ask(self, *, fresh: bool) -> None:
        try:
            self._connection = await self._pool.connection(fresh=fresh)
            self._connection.ask(self._request, self)
        except Unavailable as error:
            self._end(error)
        finally:
            if self._connection is None:
                self._end(EngineFailed("The model's server could not be asked."))

    def _put(self, output: Output, size: int) -> None:
        waiting = self._mailbox.put(output)
        if not waiting:
            return
        self._unread_bytes = size + (self._unread_bytes if waiting > 1 else 0)
        if self._unread_bytes > MAX_UNREAD_BYTES and self._connection is not None:
            self._connection.pause()
            self._mailbox.when_taken(self._connection.resume)

    def _finish(self) -> None:
        if self._is_over:
            return
        try:
            self._mailbox.put(self._reader.last())
        except EngineFailed as error:
            self._fail(error)
            return
        if self._connection is not None:
            self._connection.let_end()
        self._end(None)

    def _fail(self, error: SluiceError | None) -> None:
        if self._connection is not None and not self._is_over:
            self._connection.abort()
        self._end(error)

    def _end(self, error: SluiceError | None) -> None:
        if not self._is_over:
            self._is_over = True
            self._mailbox.close(error)
            self._on_end(self)
