"""What a cluster has written down, read where it lies: entries of requests and usage records on the bus, audit records
in PostgreSQL."""

from collections import Counter

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared import subjects
from shared.broker import NatsBus
from shared.messages import ChatCancelled, ChatCompleted, ChatFailed, Event, LiveRequest

AUDITED = "select canonical::jsonb #>> '{detail,chat}', action from audit.records"


async def usage_records(nats_url: str) -> list[ChatCompleted | ChatCancelled | ChatFailed]:
    """Every terminal event that was ever published, in order."""
    bus = await NatsBus.connect(nats_url, "oracle")
    try:
        js = bus.client.jetstream()
        state = (await js.stream_info(subjects.EVENTS_STREAM.name)).state
        messages = [
            await js.get_msg(subjects.EVENTS_STREAM.name, sequence, direct=False)
            for sequence in range(state.first_seq, state.last_seq + 1)
        ]
    finally:
        await bus.close()
    decoded = [msgspec.msgpack.decode(message.data or b"", type=Event) for message in messages]
    return [event for event in decoded if isinstance(event, ChatCompleted)]


async def holders(nats_url: str) -> Counter[str]:
    """How many answers each worker is writing; by the names of their nodes."""
    bus = await NatsBus.connect(nats_url, "oracle")
    try:
        bucket = await bus.client.jetstream().key_value(subjects.LIVE_BUCKET)
        found = [request_of(key, (await bucket.get(key)).value) for key in await bucket.keys()]
    finally:
        await bus.close()
    running = (live for live in found if live is not None and live.state == "running")
    return Counter(live.worker.removeprefix("inference-") for live in running)


def request_of(key: str, value: bytes | None) -> LiveRequest | None:
    return msgspec.msgpack.decode(value, type=LiveRequest) if value and key.startswith("request.") else None


async def audit_records(database_url: str) -> Counter[tuple[str, str]]:
    """How many there are of each conversation and action."""
    engine = create_async_engine(database_url)
    try:
        async with engine.connect() as connection:
            rows = (await connection.execute(text(AUDITED))).all()
    finally:
        await engine.dispose()
    return Counter((row[0] or "", row[1]) for row in rows)
