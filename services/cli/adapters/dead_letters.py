"""Jobs that nobody will try again by itself, as they lie in their stream."""

from collections.abc import AsyncGenerator

import msgspec
from nats.js.errors import NotFoundError

from shared import subjects
from shared.broker import NatsBus
from shared.broker.connection import translated
from shared.errors import NotFound
from shared.messages import DeadLetter

STREAM = subjects.DEAD_LETTERS.name


class DeadLetters:
    """A letter's number is its place in the stream. All raise `Unavailable`."""

    def __init__(self, bus: NatsBus) -> None:
        self._bus = bus

    async def newest(self, limit: int) -> AsyncGenerator[tuple[int, DeadLetter]]:
        with translated("The dead letters"):
            try:
                state = (await self._bus.client.jetstream().stream_info(STREAM)).state
            except NotFoundError:
                return
        number = state.last_seq
        while limit and number >= max(1, state.first_seq) and state.messages:
            data = await self._bus.stored(STREAM, number)
            if data is not None:
                limit -= 1
                yield number, msgspec.msgpack.decode(data, type=DeadLetter)
            number -= 1

    async def get(self, number: int) -> DeadLetter:
        """Raises `NotFound`."""
        data = await self._bus.stored(STREAM, number)
        if data is None:
            raise NotFound(f"There is no dead letter {number}.")
        return msgspec.msgpack.decode(data, type=DeadLetter)

    async def remove(self, number: int) -> None:
        await self._bus.delete(STREAM, number)
