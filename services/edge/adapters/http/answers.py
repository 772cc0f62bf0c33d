"""An answer as an HTTP response: streamed or whole, watching for a client that goes away all the while.

Its own ASGI body and not Litestar's `Stream`, for three reasons: the status is known only when the answer has
begun or failed; a whole answer must stop for a client that left, too; and keep-alives come from beside the stream.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

from litestar.response import Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, Receive, Scope, Send

from services.edge.adapters.http.envelope import SERVERS_SEND
from services.edge.adapters.http.errors import Fault, fault_of
from services.edge.adapters.streaming import Answer, StreamFormat
from services.edge.domain.answers import WholeAnswer
from services.edge.usecases.answers import Parted
from shared.errors import SluiceError, Unavailable, from_failure
from shared.messages import Failure, Piece

KEEP_ALIVE_S = 15.0
TAKEN_AT_ONCE = "PyEmptyAwaitable"
"""What granian's `send` returns when it has taken a piece, and nothing is left to wait for. Another server's need not
be known: it is awaited."""
STOPPING = Unavailable("The service is stopping.")

Headers = dict[str, str]
A = TypeVar("A", bound=Answer)


class Refusal(NamedTuple):
    """An error that comes before the answer, in the way of its route."""

    status: int
    headers: Headers
    body: bytes


Refuse = Callable[[Fault], Refusal]


class AnswerResponse(Response[bytes]):
    """Litestar's way to return `body`, which does the sending."""

    def __init__(self, body: ASGIResponse) -> None:
        super().__init__(b"")
        self._body = body

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> ASGIResponse:  # noqa: ARG002 - `body` has its own headers
        return self._body


class AnswerBody(ASGIResponse, Generic[A]):
    """Subclasses say what is sent. The answer is left however this ends; `resumable`: its reader may come back."""

    def __init__(self, answer: A, refuse: Refuse, headers: Headers, *, resumable: bool = False) -> None:
        super().__init__()
        self._answer = answer
        self._refuse = refuse
        self._extra_headers = headers
        self._resumable = resumable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        servers_send = (scope.get("extensions") or {}).get(SERVERS_SEND, send)
        sending = asyncio.create_task(self.respond(send, cast(Send, servers_send)))
        gone = asyncio.create_task(until_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            unfinished = [task for task in (sending, gone) if not task.done()]
            for task in unfinished:
                task.cancel()
            await self._answer.leave(may_return=self._resumable)
            await asyncio.gather(*unfinished, return_exceptions=True)
        if not sending.cancelled():
            sending.result()

    async def respond(self, send: Send, send_body: Send) -> None:
        """`send` begins the response, and `send_body` may send the rest by the shortest way."""
        raise NotImplementedError

    async def start(self, send: Send, status: int, headers: Headers) -> None:
        encoded = [(name.encode(), value.encode()) for name, value in (headers | self._extra_headers).items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})

    async def refuse(self, send: Send, error: SluiceError) -> None:
        status, headers, body = self._refuse(fault_of(error))
        await self.start(send, status, headers)
        await send({"type": "http.response.body", "body": body, "more_body": False})


class StreamedAnswer(AnswerBody[A]):
    """`begin_after_s`: begin by then though the job still waits for its turn; None: only when it has had it."""

    def __init__(
        self,
        answer: A,
        refuse: Refuse,
        headers: Headers,
        stream: StreamFormat[A],
        *,
        begin_after_s: float | None = None,
        keep_alive_s: float = KEEP_ALIVE_S,
        resumable: bool = False,
    ) -> None:
        super().__init__(answer, refuse, headers, resumable=resumable)
        self._stream = stream
        self._begin_after_s = begin_after_s
        self._keep_alive_s = keep_alive_s

    async def respond(self, send: Send, send_body: Send) -> None:
        try:
            await self._answer.first(self._begin_after_s)
        except SluiceError as error:
            await self.refuse(send, error)
            return
        except Parted:
            await self.refuse(send, STOPPING)
            return
        await self.start(send, 200, self._stream.headers)
        try:
            await self._pump(send_body)
        except Parted:
            return  # without an end: the server cuts the connection, which clients tell from a whole answer

    async def _pump(self, send: Send) -> None:
        begun = send(_piece(self._stream.begin(self._answer)))
        await begun
        pen = Pen(self._stream, send, type(begun))
        keeping = asyncio.create_task(self._keep_alive(send, pen))
        try:
            await self._answer.pour(pen.write)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _keep_alive(self, send: Send, pen: "Pen") -> None:
        """Beside the pump, so that no token pays for a timer."""
        data = self._stream.keep_alive
        while data:
            before = self._answer.known
            await asyncio.sleep(self._keep_alive_s)
            if before == self._answer.known and not pen.full:
                await send(_piece(data))


class Pen:
    """Writes a stream's pieces as they come: the hot path.

    What it touches has been out of the processor's caches since the last token, which is what its time goes into: so
    it is one small object, and counts nothing.
    """

    __slots__ = ("_at_once", "_encode", "_send", "full")

    def __init__(self, stream: StreamFormat[Any], send: Send, begun: type[Awaitable[None]]) -> None:
        self._encode = stream.encode
        self._send = send
        self._at_once = begun if begun.__name__ == TAKEN_AT_ONCE else None
        self.full = False
        """The server takes no more for the moment."""

    def write(self, pieces: list[Piece]) -> Awaitable[None] | None:
        encode, send = self._encode, self._send  # `self._send(…)` looks a method up first: 0.15 us each
        data = encode(pieces)
        if not data:
            return None
        sent = send({"type": "http.response.body", "body": data, "more_body": True})
        return None if type(sent) is self._at_once else self._when_taken(sent)

    async def _when_taken(self, sent: Awaitable[None]) -> None:
        self.full = True
        await sent
        self.full = False


class Whole(Protocol):
    """What becomes of an answer's pieces: `WholeAnswer`, or a route's own."""

    @property
    def failure(self) -> Failure | None: ...
    def add(self, pieces: list[Piece]) -> None: ...


W = TypeVar("W", bound=Whole)


class WholeBody(AnswerBody[A], Generic[A, W]):
    """One JSON object, made by `encode` when all is in `whole`."""

    def __init__(
        self, answer: A, refuse: Refuse, headers: Headers, whole: W, encode: Callable[[W], bytes]
    ) -> None:
        super().__init__(answer, refuse, headers)
        self._whole = whole
        self._encode = encode

    async def respond(self, send: Send, send_body: Send) -> None:
        whole = self._whole
        try:
            async for pieces in self._answer:
                whole.add(pieces)
        except Parted:
            await self.refuse(send, STOPPING)
            return
        if whole.failure is not None:
            await self.refuse(send, from_failure(whole.failure))
            return
        body = self._encode(whole)
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        await self.start(send, 200, headers)
        await send_body({"type": "http.response.body", "body": body, "more_body": False})


def _piece(data: bytes) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": data, "more_body": True}


class WholeAnswerBody(WholeBody[A, WholeAnswer]):
    def __init__(
        self, answer: A, refuse: Refuse, headers: Headers, encode: Callable[[WholeAnswer], bytes]
    ) -> None:
        super().__init__(answer, refuse, headers, WholeAnswer(answer.choices), encode)


async def until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
