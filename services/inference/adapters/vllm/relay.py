"""Between one front end and the core's input. Only requests pass here: outputs go from the core straight to it.

vLLM's core tells each front end once that it is ready, and never hears that one has gone. With this between them a
front end that has died is replaced while the core runs on, and what it had asked for is aborted.
"""

from collections import deque
from typing import Any

import msgspec
import zmq
import zmq.asyncio
from vllm.v1.engine import EngineCoreRequestType

ADD, ABORT = EngineCoreRequestType.ADD.value, EngineCoreRequestType.ABORT.value
REMEMBERED = 8192
"""Requests of one front end, the newest. Aborting one that has ended does nothing."""


class _Request(msgspec.Struct, array_like=True):
    """The beginning of vLLM's `EngineCoreRequest`."""

    request_id: str


class Relay:
    def __init__(self, context: zmq.asyncio.Context, core: str) -> None:
        """`core`: the address that the core was told to connect to."""
        self._context = context
        self._core: Any = context.socket(zmq.ROUTER)
        self._core.bind(core)
        self._front_end: Any = None
        self._identity = self._ready = b""
        self._requests: deque[str] = deque(maxlen=REMEMBERED)
        self._decoder = msgspec.msgpack.Decoder(_Request)

    async def hear_ready(self) -> None:
        self._identity, self._ready = await self._core.recv_multipart()

    async def attach(self, address: str) -> None:
        """To a front end that listens there, or will in a moment; it hears that the core is ready."""
        await self.detach()
        self._front_end = self._context.socket(zmq.DEALER)
        self._front_end.setsockopt(zmq.IDENTITY, self._identity)
        self._front_end.connect(address)
        await self._front_end.send(self._ready)

    async def detach(self) -> None:
        """What the front end has asked for ends: nobody would read it."""
        if self._front_end is not None:
            self._front_end.close(linger=0)
            self._front_end = None
        if self._requests:
            await self._core.send_multipart(
                [self._identity, ABORT, msgspec.msgpack.encode(list(self._requests))]
            )
            self._requests.clear()

    async def pass_on(self) -> None:
        """Until it is cancelled, from the front end that is attached now."""
        front_end = self._front_end
        while True:
            frames: list[bytes] = await front_end.recv_multipart()
            if frames[0] == ADD:
                self._requests.append(self._decoder.decode(frames[1]).request_id)
            await self._core.send_multipart([self._identity, *frames])

    def close(self) -> None:
        for socket in (self._front_end, self._core):
            if socket is not None:
                socket.close(linger=0)
