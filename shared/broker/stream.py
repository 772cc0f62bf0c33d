"""Pulling from a JetStream stream, as the bus port has it."""

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext

from .connection import translated
from .ports import Delivery, Headers


class NatsDelivery:
    def __init__(self, msg: Msg) -> None:
        self._msg = msg

    @classmethod
    def given(cls, client: Client, handle: str, headers: Headers) -> "NatsDelivery":
        """What another process was delivered: JetStream asks only for its name, whoever says it."""
        return cls(Msg(_client=client, reply=handle, headers=dict(headers)))

    @property
    def handle(self) -> str:
        """Its name to JetStream, which tells its place and how often it was delivered, too."""
        return self._msg.reply

    @property
    def data(self) -> bytes:
        return self._msg.data

    @property
    def headers(self) -> Headers:
        return self._msg.headers or {}

    @property
    def sequence(self) -> int:
        return self._msg.metadata.sequence.stream

    @property
    def deliveries(self) -> int:
        return self._msg.metadata.num_delivered or 1

    async def ack(self) -> None:
        """Waits for the server's word, so that what is acknowledged stays so."""
        with translated("JetStream"):
            await self._msg.ack_sync(timeout=2)

    async def nak(self, delay_s: float = 0.0) -> None:
        with translated("JetStream"):
            await self._msg.nak(delay=delay_s or None)

    async def term(self) -> None:
        with translated("JetStream"):
            await self._msg.term()

    async def in_progress(self) -> None:
        with translated("JetStream"):
            await self._msg.in_progress()


class PullConsumer:
    def __init__(self, subscription: JetStreamContext.PullSubscription) -> None:
        self._subscription = subscription

    async def fetch(self, batch: int, timeout_s: float) -> list[Delivery]:
        with translated("JetStream"):
            try:
                messages = await self._subscription.fetch(batch, timeout=timeout_s)
            except (TimeoutError, nats.errors.TimeoutError):
                return []
        return [NatsDelivery(msg) for msg in messages]
