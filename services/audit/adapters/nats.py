"""The durable consumer of the stream AUDIT.

A record is acknowledged after it is committed and not before; what is not acknowledged comes again.
With one record in flight the log keeps the order of the stream, also over an outage and with several instances:
NATS hands over no other while one is unsettled.
"""

from typing import Any

import msgspec
import structlog
from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker
from faststream.nats.message import NatsMessage
from nats.js.api import ConsumerConfig

from services.audit.settings import AuditSettings
from services.audit.usecases import Recorder
from shared import subjects
from shared.errors import Unavailable
from shared.messages import AuditRecord

log = structlog.get_logger()


class Undecoded:
    """Hands the handler the message itself: only so can it say ack, nak or term."""

    async def decode(self, msg: StreamMessage[Any]) -> Any:
        return msg

    async def encode(self, msg: Any, serializer: object = None) -> tuple[bytes, str | None]:
        raise NotImplementedError("A consumer of records answers nothing.")


class RecordConsumer:
    """Call `subscribe` before the broker starts."""

    def __init__(self, recorder: Recorder, retry_delay_s: float) -> None:
        self._recorder = recorder
        self._retry_delay_s = retry_delay_s
        self._decoder = msgspec.msgpack.Decoder(AuditRecord)
        self.parked = 0
        """Messages that were no audit records: they stay in the stream until it drops them by age."""

    def subscribe(self, broker: NatsBroker, settings: AuditSettings) -> None:
        """A queue group, named as the durable: several instances share the records."""
        subscriber = broker.subscriber(
            subjects.AUDIT,
            queue=subjects.AUDITORS,
            stream=JStream(subjects.AUDIT_STREAM.name, declare=False),
            config=ConsumerConfig(max_ack_pending=settings.in_flight, ack_wait=settings.ack_wait_s),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            codec=Undecoded(),
        )
        subscriber(self.handle)

    async def handle(self, message: NatsMessage) -> None:
        try:
            record = self._decoder.decode(message.body)
        except msgspec.DecodeError as error:
            await self._park(message, error)
            return
        try:
            await self._recorder.record(record)
        except Unavailable as error:
            log.warning("audit.postponed", record=record.id, reason=error.message)
            await message.nack(delay=self._retry_delay_s)
        else:
            await message.ack()

    async def _park(self, message: NatsMessage, error: Exception) -> None:
        self.parked += 1
        place = message.raw_message.metadata.sequence.stream
        log.error("audit.parked", stream_sequence=place, total=self.parked, reason=str(error))
        await message.reject()
