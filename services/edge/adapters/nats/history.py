"""The durable consumer of EVENTS: stores the answers that workers finish, also those nobody waited for.

An event is acknowledged after its answer is committed; what is not acknowledged comes again, so that an
outage of PostgreSQL loses nothing.
"""

from typing import Any

import msgspec
import structlog
from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker
from faststream.nats.message import NatsMessage
from nats.js.api import ConsumerConfig

from services.edge.ports.history import History
from shared import subjects
from shared.errors import InvalidRequest, Unavailable
from shared.messages import ChatCompleted, DocumentFailed, DocumentIngested, Event

log = structlog.get_logger()

RETRY_DELAY_S = 2.0
IN_FLIGHT = 4
"""Events handed over by NATS and not yet settled; all must be stored well within `ACK_WAIT_S`."""
ACK_WAIT_S = 15.0
"""So long is an answer missing from the history whose event was under way when NATS was lost."""


class Undecoded:
    """Hands the handler the message itself: only so can it say ack, nak or term."""

    async def decode(self, msg: StreamMessage[Any]) -> Any:
        return msg

    async def encode(self, msg: Any, serializer: object = None) -> tuple[bytes, str | None]:
        raise NotImplementedError("A consumer of events answers nothing.")


class HistoryConsumer:
    def __init__(self, history: History, retry_delay_s: float = RETRY_DELAY_S) -> None:
        self._history = history
        self._retry_delay_s = retry_delay_s
        self._decoder: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)

    def subscribe(self, broker: NatsBroker) -> None:
        """Before the broker starts. A queue group on a stream is a durable of its name: all edges share the events."""
        subscriber = broker.subscriber(
            subjects.EVENTS,
            queue=subjects.HISTORY,
            stream=JStream(subjects.EVENTS_STREAM.name, declare=False),
            config=ConsumerConfig(max_ack_pending=IN_FLIGHT, ack_wait=ACK_WAIT_S),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            codec=Undecoded(),
        )
        subscriber(self.handle)

    async def handle(self, message: NatsMessage) -> None:
        try:
            await self._store(message.body)
        except Unavailable as error:
            log.warning("history.postponed", reason=error.message)
            await message.nack(delay=self._retry_delay_s)
        except (msgspec.DecodeError, InvalidRequest):
            # It would never be storable: it stays in the stream until that drops it by age.
            place = message.raw_message.metadata.sequence.stream
            log.exception("history.parked", place=place)
            await message.reject()
        else:
            await message.ack()

    async def _store(self, data: bytes | Any) -> None:
        event = self._decoder.decode(data)
        match event:
            case ChatCompleted(chat=chat) if chat:
                await self._history.finish_turn(event)
            case ChatCompleted() | DocumentIngested() | DocumentFailed():
                pass  # answers of no conversation; documents are the retriever's
