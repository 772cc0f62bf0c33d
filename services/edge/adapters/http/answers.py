"""An answer as an HTTP response: streamed or whole, watching for a client that goes away all the while.

Its own ASGI body and not Litestar's `Stream`, for three reasons: the status is known only when the answer has
begun or failed; a whole answer must stop for a client that left, too; and keep-alives come from beside the stream.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from litestar.response import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from services.edge.adapters.http.envelope import SERVERS_SEND
from services.edge.adapters.http.errors import Fault, fault_of
from services.edge.adapters.streaming import StreamFormat
from services.edge.domain.answers import WholeAnswer
from services.edge.usecases.answers import AnswerStream, Parted
from shared.errors import SluiceError, Unavailable, from_failure

KEEP_ALIVE_S = 15.0
STOPPING = Unavailable("The service is stopping.")

Headers = dict[str, str]


class Refusal(NamedTuple):
    """An error that comes before the answer, in the way of its route."""

    status: int
    headers: Headers
    body: bytes


Refuse = Callable[[Fault], Refusal]


class AnswerResponse(Response[bytes]):
    """Litestar's way to return `body`, which does the sending."""

    def __init__(self, body: "AnswerBody") -> None:
        super().__init__(b"")
        self._body = body

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> ASGIResponse:  # noqa: ARG002 - `body` has its own headers
        return self._body


class AnswerBody(ASGIResponse):
    """Subclasses say what is sent. The answer is left however this ends; `resumable`: its reader may come back."""

    def __init__(
        self, answer: AnswerStream, refuse: Refuse, headers: Headers, *, resumable: bool = False
    ) -> None:
        super().__init__()
        self._answer = answer
        self._refuse = refuse
        self._extra_headers = headers
        self._resumable = resumable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        servers_send = (scope.get("extensions") or {}).get(SERVERS_SEND, send)
        sending = asyncio.create_task(self.respond(send, cast(Send, servers_send)))
        gone = asyncio.create_task(_until_gone(receive))
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


class StreamedAnswer(AnswerBody):
    """`begin_after_s`: begin by then though the job still waits for its turn; None: only when it has had it."""

    def __init__(
        self,
        answer: AnswerStream,
        refuse: Refuse,
        headers: Headers,
        stream: StreamFormat,
        *,
        begin_after_s: float | None = None,
        keep_alive_s: float = KEEP_ALIVE_S,
        resumable: bool = False,
    ) -> None:
        super().__init__(answer, refuse, headers, resumable=resumable)
        self._stream = stream
        self._begin_after_s = begin_after_s
        self._keep_alive_s = keep_alive_s
        self._writes = 0
        self._writing = False

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
        keeping = asyncio.create_task(self._keep_alive(send_body))
        try:
            await self._pump(send_body)
        except Parted:
            return  # without an end: the server cuts the connection, which clients tell from a whole answer
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _pump(self, send: Send) -> None:
        """The hot path: one write a batch, and no object of ours that lives longer."""
        encode = self._stream.encode
        data = self._stream.begin(self._answer)
        await send({"type": "http.response.body", "body": data, "more_body": True})
        async for pieces in self._answer:
            data = encode(pieces)
            if data:
                self._writing = True
                await send({"type": "http.response.body", "body": data, "more_body": True})
                self._writing = False
                self._writes += 1
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _keep_alive(self, send: Send) -> None:
        """Beside the pump, so that no token pays for a timer."""
        data = self._stream.keep_alive
        while data:
            written = self._writes
            await asyncio.sleep(self._keep_alive_s)
            if written == self._writes and not self._writing:
                await send({"type": "http.response.body", "body": data, "more_body": True})


class WholeAnswerBody(AnswerBody):
    """One JSON object, made by `encode` when the answer is complete."""

    def __init__(
        self, answer: AnswerStream, refuse: Refuse, headers: Headers, encode: Callable[[WholeAnswer], bytes]
    ) -> None:
        super().__init__(answer, refuse, headers)
        self._encode = encode

    async def respond(self, send: Send, send_body: Send) -> None:
        whole = WholeAnswer(self._answer.job.sampling.n)
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


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
