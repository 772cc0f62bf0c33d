"""The durable consumer of EVENTS: stores the answers that workers finish, also those nobody waited for, and records
their ends in the audit log.

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

from services.edge.ports.audit import Audit
from services.edge.ports.history import History
from services.edge.usecases.settlement import end_record
from services.edge.usecases.titling import Titling
from shared import subjects
from shared.errors import Cancelled, InvalidRequest, Unavailable, to_failure
from shared.messages import ChatCancelled, ChatCompleted, ChatFailed, End, Event, Failure

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
    def __init__(
        self, history: History, audit: Audit, titling: Titling, retry_delay_s: float = RETRY_DELAY_S
    ) -> None:
        self._history = history
        self._audit = audit
        self._titling = titling
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
        if not isinstance(event, ChatCompleted):  # documents are the retriever's
            return
        if event.chat:
            untitled = await self._history.finish_turn(event)
            if untitled:
                self._titling.consider(event)
        if (
            event.message_id
        ):  # an edge asked, and recorded that: not so for jobs that were put straight onto the bus
            await self._audit.keep(end_record(self._audit, event, End(event.usage, failure_of(event))))


def failure_of(event: ChatCompleted) -> Failure | None:
    match event:
        case ChatFailed():
            return event.failure
        case ChatCancelled():
            return to_failure(Cancelled("The answer was stopped."))
        case _:
            return None
