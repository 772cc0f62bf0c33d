"""One HTTP/1.1 connection to an upstream, and the answer that is on it. httptools parses; nothing here waits."""

import asyncio
from collections.abc import Callable
from typing import cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpResponseParser

from services.inference.adapters.openai.answers import Answer, Broken, Unread

MAX_HEAD_BYTES = 64 * 1024
REST_S = 1.0
"""How long the end of an answer may take that nobody reads any more."""
BODILESS = frozenset({204, 304})


class Connection(asyncio.Protocol):
    """Asks one question after another. `on_free`: it may be asked again. An answer of which nothing comes for
    `silence_s`, unless we have paused it, is broken off."""

    def __init__(self, silence_s: float, on_free: "Callable[[Connection], None]") -> None:
        self._silence_s = silence_s
        self._on_free = on_free
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._asked = 0
        self._is_paused = False

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes, answer: Answer) -> None:
        self._answer = answer
        self._parser = HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._head_bytes = 0
        self._has_begun = self._ends_with_connection = self._is_paused = False
        self._asked += 1
        self._heard_at = self._loop.time()
        self._after(self._silence_s, self._watch)
        if self._transport is not None:
            self._transport.write(request)

    def pause(self) -> None:
        """Nothing more comes until `resume`, and the upstream finds that out when the buffers between are full."""
        if self._answer is not None and self._transport is not None and self.is_open:
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused and self._transport is not None and self.is_open:
            self._is_paused = False
            self._heard_at = self._loop.time()
            self._transport.resume_reading()

    def let_end(self) -> None:
        """What is still to come of the answer is thrown away."""
        if self._answer is not None:
            self.resume()
            self._answer = Unread()
            self._after(REST_S, self.abort)

    def rest(self, keep_s: float) -> None:
        """Closes itself when it is not asked for so long."""
        self._after(keep_s, self.abort)

    def abort(self) -> None:
        """Closes it at once; an answer that is on it is told nothing."""
        self._answer = None
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:  # nobody has asked
            self.abort()
            return
        self._heard_at = self._loop.time()
        try:
            self._parser.feed_data(data)
        except HttpParserCallbackError:
            raise
        except (HttpParserError, HttpParserUpgrade) as error:
            self._break(f"it is no HTTP: {error}")
        if not self._has_begun:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._break("its head is too long")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is None:
            self._stop_timer()
        elif exc is None and self._has_begun and self._ends_with_connection:
            self._end(None)
        else:
            reason = type(exc).__name__ if exc is not None else "it was closed"
            self._end(
                Broken(reason, is_stale=self._asked > 1 and not self._head_bytes and not self._has_begun)
            )

    def on_message_begin(self) -> None:
        if self._answer is None:  # a second answer to one question
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status, headers = self._parser.get_status_code(), self._headers
        if status < 200:  # a word in between; the answer is still to come
            self._headers = {}
            return
        self._has_begun = True
        has_length = "content-length" in headers or "transfer-encoding" in headers or status in BODILESS
        self._ends_with_connection = not has_length
        if self._answer is not None:
            self._answer.begun(status, headers)

    def on_body(self, body: bytes) -> None:
        if self._answer is not None:
            self._answer.body(body)

    def on_message_complete(self) -> None:
        if self._has_begun and self._answer is not None:
            self._end(None)

    def _end(self, why: Broken | None) -> None:
        answer, self._answer = self._answer, None
        self._stop_timer()
        if why is None and self.is_open and self._parser.should_keep_alive():
            self._on_free(self)
        elif self._transport is not None:
            self._transport.abort()
        if answer is not None:
            answer.over(why)

    def _break(self, reason: str) -> None:
        if self._answer is not None:
            self._end(Broken(reason))

    def _watch(self) -> None:
        """One timer an answer, not one a token: it looks when something came last."""
        left_s = self._heard_at + self._silence_s - self._loop.time()
        if left_s <= 0 and not self._is_paused:
            self._break(f"it was silent for {self._silence_s:.0f} s")
        else:
            self._after(left_s if left_s > 0 else self._silence_s, self._watch)

    def _after(self, delay_s: float, deed: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(delay_s, deed)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
