"""The bus on a real NATS server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, Header
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from shared import telemetry
from shared.errors import InvalidRequest, NotTaken, SluiceError, from_failure, to_failure
from shared.messages import Failure, Message

from .bucket import Bucket, ObjectStore
from .connection import connect, translated
from .ports import Consumer, Delivery, Handler, Headers, Stored, Take
from .stream import NatsDelivery, PullConsumer
from .tap import TappedClient

log = structlog.get_logger()

T = TypeVar("T")
Q = TypeVar("Q")

TIMEOUT_S = 2.0
GONE_CODES = frozenset({10043, 10057})
"""JetStream's error codes for a message that is not there: between others that are, and before or behind them all."""
LATE_S = 0.02
"""How long a pull that is over may still bring something."""
FRAME_BYTES_LIMIT = 64 * 1024 * 1024
"""What may wait in one subscription; beyond that NATS drops, and the reader sees a gap."""


class NatsBus:
    """Made by `NatsBus.connect`; end it with `close`."""

    def __init__(self, client: TappedClient, reconnected: list[Callable[[], Awaitable[None]]]) -> None:
        self.client = client
        self._js: JetStreamContext = client.jetstream(timeout=TIMEOUT_S)
        self._reconnected = reconnected
        self._buckets: dict[str, Bucket] = {}
        self._pulls: dict[tuple[str, str], PullConsumer] = {}
        """The newest of each stream and durable name: one that is opened anew after trouble takes its place."""

    @classmethod
    async def connect(cls, url: str, name: str) -> "NatsBus":
        callbacks: list[Callable[[], Awaitable[None]]] = []

        async def tell_all() -> None:
            for callback in callbacks:
                try:
                    await callback()
                except SluiceError as error:  # it would end nats-py's own task, and with it the connection
                    log.warning("reconnect.callback_failed", connection=name, error=error.message)

        return cls(await connect(url, name, tell_all), callbacks)

    @property
    def connected(self) -> bool:
        return self.client.is_connected

    async def publish(self, subject: str, message: Message) -> None:
        self._require_connection()
        with translated("NATS"):
            await self.client.publish(subject, msgspec.msgpack.encode(message), headers=telemetry.outgoing())

    async def request(
        self, subject: str, message: Message, reply: type[T], *, timeout_s: float = TIMEOUT_S
    ) -> T:
        self._require_connection()
        data = msgspec.msgpack.encode(message)
        with translated(f"Whoever serves {subject}"):
            answer = await self.client.request(subject, data, timeout=timeout_s, headers=telemetry.outgoing())
        decoded = cast("T | Failure", msgspec.msgpack.decode(answer.data, type=reply | Failure))
        if isinstance(decoded, Failure):
            raise from_failure(decoded)
        return decoded

    async def append(self, subject: str, message: Message, *, id: str) -> Stored:
        self._require_connection()
        headers = {Header.MSG_ID.value: id, **telemetry.outgoing()}
        with translated("The queue"):
            ack = await self._js.publish(subject, msgspec.msgpack.encode(message), headers=headers)
        return Stored(ack.seq, bool(ack.duplicate))

    async def delete(self, stream: str, sequence: int) -> None:
        self._require_connection()
        with translated("The queue"):
            try:
                await self._js.delete_msg(stream, sequence)
            except APIError as error:
                if error.err_code not in GONE_CODES:
                    raise

    async def consume(self, stream: str, durable: str, subject: str, *, ack_wait_s: float) -> Consumer:
        """`max_ack_pending` is off: its default of 1,000 would cap the fleet, and pulls are the backpressure.

        One that is there already is only looked at: to make one needs the leader of the whole cluster."""
        config = ConsumerConfig(
            durable_name=durable,
            filter_subject=subject,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ack_wait_s,
            max_ack_pending=-1,
        )
        self._require_connection()
        with translated("The queue"):
            try:
                known = (await self._js.consumer_info(stream, durable)).config
            except NotFoundError:
                known = None
            if known is None or (known.filter_subject, known.ack_wait) != (subject, ack_wait_s):
                await self._js.add_consumer(stream, config)
            subscription = await self._js.pull_subscribe_bind(durable, stream=stream)
            answers = await self.client.subscribe(self.client.new_inbox())
        pull = PullConsumer(subscription, answers, self.client, stream, durable)
        self._pulls[stream, durable] = pull
        return pull

    def given(self, handle: str, headers: Headers) -> Delivery:
        """A delivery that another process hands us, by its handle. Without its data."""
        return NatsDelivery.given(self.client, handle, headers)

    def bucket(self, name: str) -> Bucket:
        return self._buckets.setdefault(name, Bucket(self._js, name))

    def blobs(self, name: str) -> ObjectStore:
        return ObjectStore(self._js, name)

    async def stored(self, stream: str, sequence: int) -> bytes | None:
        self._require_connection()
        with translated("The queue"):
            try:
                return (await self._js.get_msg(stream, sequence)).data
            except NotFoundError:
                return None

    async def answer(
        self, subject: str, kind: type[Q], handler: Callable[[Q], Awaitable[Message]]
    ) -> Callable[[], Awaitable[None]]:
        async def asked(msg: Msg) -> None:
            try:
                reply = await handler(msgspec.msgpack.decode(msg.data, type=kind))
            except msgspec.DecodeError as error:
                reply = to_failure(InvalidRequest(str(error)))
            except SluiceError as error:
                reply = to_failure(error)
            await msg.respond(msgspec.msgpack.encode(reply))

        with translated("NATS"):
            subscription = await self.client.subscribe(subject, cb=asked)
        return subscription.unsubscribe

    async def listen(self, subject: str, handler: Handler) -> Callable[[], Awaitable[None]]:
        async def received(msg: Msg) -> None:
            await handler(msg.subject, msg.data)

        return (await self._subscribe(subject, received)).unsubscribe

    async def _subscribe(self, subject: str, received: Callable[[Msg], Awaitable[None]]) -> Subscription:
        with translated("NATS"):
            return await self.client.subscribe(
                subject, cb=received, pending_msgs_limit=-1, pending_bytes_limit=FRAME_BYTES_LIMIT
            )

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._reconnected.append(callback)

    async def close(self) -> None:
        """Gives back what was not asked for any more, sends what waits to be sent, then disconnects. (`drain` would
        wait half a minute for pull consumers.)"""
        try:
            if self.client.is_connected:
                with translated("NATS"):
                    if self._pulls:
                        await asyncio.sleep(LATE_S)
                        await self.client.flush(timeout=2)
                    for pull in self._pulls.values():
                        await pull.give_back()
                    await self.client.flush(timeout=2)
        finally:
            await self.client.close()

    async def tap(self, subject: str, take: Take) -> Callable[[], Awaitable[None]]:
        async def untapped(msg: Msg) -> None:
            take([msg.data])

        subscription = await self._subscribe(subject, untapped)
        untap = self.client.tap(subscription, take)

        async def end() -> None:
            await subscription.unsubscribe()
            untap()

        return end

    def _require_connection(self) -> None:
        """nats-py would hold the message back until the server returns: we say no at once instead."""
        if not self.client.is_connected:
            raise NotTaken("NATS is away.")
