"""Pulling from a JetStream stream, as the bus port has it."""

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import StatusCode
from nats.js.client import JetStreamContext
from nats.js.errors import APIError

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


NEXT = "$JS.API.CONSUMER.MSG.NEXT"
NOW = b'{"batch":1,"no_wait":true}'
NOW_S = 2.0
NOTHING = (StatusCode.NO_MESSAGES, StatusCode.REQUEST_TIMEOUT, StatusCode.CONFLICT)
SOON_S = 0.005
"""nats-py's `fetch` has to wait for something."""


class PullConsumer:
    def __init__(
        self, subscription: JetStreamContext.PullSubscription, client: Client, stream: str, durable: str
    ) -> None:
        self._subscription = subscription
        self._client = client
        self._next = f"{NEXT}.{stream}.{durable}"

    async def fetch(self, batch: int, timeout_s: float) -> list[Delivery]:
        if batch == 1 and not timeout_s:
            return await self._one()
        with translated("JetStream"):
            try:
                messages = await self._subscription.fetch(batch, timeout=timeout_s or SOON_S)
            except (TimeoutError, nats.errors.TimeoutError):
                return []
        return [NatsDelivery(msg) for msg in messages]

    async def give_back(self) -> None:
        """What came when its pull was over, for others to have now, and not when `ack_wait` is over."""
        while waiting := self._subscription.pending_msgs:
            for delivery in await self.fetch(waiting, SOON_S):
                await delivery.nak()

    async def _one(self) -> list[Delivery]:
        """The next message, if it lies there: an empty queue says so at once. A job comes on its own subject, where
        nats-py's other style of request does not know it."""
        with translated("JetStream"):
            msg = await self._client.request(self._next, NOW, timeout=NOW_S, old_style=True)
            status = JetStreamContext.is_status_msg(msg)
            if status not in (None, *NOTHING):
                raise APIError.from_msg(msg)
        return [] if status else [NatsDelivery(msg)]
