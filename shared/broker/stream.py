"""Pulling from a JetStream stream, as the bus port has it."""

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
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
NOW = b'{"batch":%d,"no_wait":true}'
NOW_S = 2.0
NOTHING = (StatusCode.NO_MESSAGES, StatusCode.REQUEST_TIMEOUT, StatusCode.CONFLICT)
SOON_S = 0.005
"""For what has come already: nats-py's `fetch` has to wait for something."""


class PullConsumer:
    def __init__(
        self,
        subscription: JetStreamContext.PullSubscription,
        answers: Subscription,
        client: Client,
        stream: str,
        durable: str,
    ) -> None:
        """`answers`: a subscription to an inbox of this consumer's own. What comes when its pull is over is found there
        by the next one."""
        self._subscription = subscription
        self._answers = answers
        self._client = client
        self._next = f"{NEXT}.{stream}.{durable}"

    async def fetch(self, batch: int, timeout_s: float) -> list[Delivery]:
        return await (self._wait(batch, timeout_s) if timeout_s else self._now(batch))

    async def give_back(self) -> None:
        """What came when its pull was over, for others to have now, and not when `ack_wait` is over."""
        late = await self._late(self._answers.pending_msgs)
        while waiting := self._subscription.pending_msgs:
            late += await self._wait(waiting, SOON_S)
        for delivery in late:
            await delivery.nak()

    async def _wait(self, batch: int, timeout_s: float) -> list[Delivery]:
        with translated("JetStream"):
            try:
                messages = await self._subscription.fetch(batch, timeout=timeout_s)
            except (TimeoutError, nats.errors.TimeoutError):
                return []
        return [NatsDelivery(msg) for msg in messages]

    async def _now(self, batch: int) -> list[Delivery]:
        """What lies there; an empty queue says so at once. nats-py's `fetch` would keep the first for as long as it may
        wait for the last: in a burst, which comes bit by bit, each bit would."""
        found = await self._late(batch)
        if len(found) == batch:
            return found
        with translated("JetStream"):
            asked = NOW % (batch - len(found))
            await self._client.publish(self._next, asked, reply=self._answers.subject)
            while len(found) < batch:
                try:
                    msg = await self._answers.next_msg(timeout=NOW_S)
                except nats.errors.TimeoutError:
                    if found:
                        break
                    raise
                status = JetStreamContext.is_status_msg(msg)
                if status in NOTHING:
                    break
                if status:
                    raise APIError.from_msg(msg)
                found.append(NatsDelivery(msg))
        return found

    async def _late(self, limit: int) -> list[Delivery]:
        found: list[Delivery] = []
        with translated("JetStream"):
            while self._answers.pending_msgs and len(found) < limit:
                msg = await self._answers.next_msg(timeout=NOW_S)
                if not JetStreamContext.is_status_msg(msg):
                    found.append(NatsDelivery(msg))
        return found
