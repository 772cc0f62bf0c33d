"""One request's stream between an engine's own task and whoever reads it."""

import asyncio
from collections.abc import Callable

from services.inference.ports import Output


class Mailbox:
    """An async iterator that is filled from elsewhere. A slow reader gets several outputs as one; one that pours
    gets each in the call that brings it, and no task wakes for it.

    `on_leave` is called once, when the reader closes it or is cancelled: the engine forgets the request.
    """

    __slots__ = ("_closed", "_error", "_on_leave", "_on_taken", "_outputs", "_take", "_waiter")

    def __init__(self, on_leave: Callable[[], None]) -> None:
        self._outputs: list[Output] = []
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self._error: Exception | None = None
        self._on_leave = on_leave
        self._on_taken: Callable[[], None] | None = None
        self._take: Callable[[Output], None] | None = None

    def put(self, output: Output) -> int:
        """How many wait for the reader now."""
        if self._take is not None:
            try:
                self._take(output)
            except Exception as error:  # noqa: BLE001 the reader's trouble, which whoever brings outputs must not have
                self.close(error)
                self._on_leave()
            return 0
        self._outputs.append(output)
        self._rouse()
        return len(self._outputs)

    def when_taken(self, deed: Callable[[], None]) -> None:
        """Called once, when the reader has taken what waits."""
        self._on_taken = deed

    def close(self, error: Exception | None = None) -> None:
        """Nothing more comes. What is there is still read, then `error` is raised. Once; it stays as it was closed."""
        if self._closed:
            return
        self._closed = True
        self._take = None
        self._error = error
        self._rouse()

    def __aiter__(self) -> "Mailbox":
        return self

    async def __anext__(self) -> Output:
        while not self._outputs:
            if self._closed:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            await self._arrival()
        outputs = self._taken()
        return outputs[0] if len(outputs) == 1 else _merged(outputs)

    async def pour(self, take: Callable[[Output], None]) -> None:
        for output in self._taken():
            take(output)
        if not self._closed:
            self._take = take
        while not self._closed:
            await self._arrival()
        if self._error is not None:
            raise self._error

    async def aclose(self) -> None:
        if not self._closed:
            self.close()
            self._on_leave()

    def _taken(self) -> list[Output]:
        outputs, self._outputs = self._outputs, []
        if (deed := self._on_taken) is not None:
            self._on_taken = None
            deed()
        return outputs

    async def _arrival(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        except asyncio.CancelledError:
            await self.aclose()
            raise
        finally:
            self._waiter = None

    def _rouse(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _merged(outputs: list[Output]) -> Output:
    return Output(
        ids=tuple(id for output in outputs for id in output.ids),
        parts=tuple(part for output in outputs for part in output.parts),
        usage=outputs[-1].usage,
        replayed=outputs[0].replayed,
    )
