"""Making the streams and buckets that `shared.subjects` names. Idempotent: each service does it at its start."""

import msgspec
from nats.aio.client import Client
from nats.js.api import (
    DiscardPolicy,
    KeyValueConfig,
    ObjectStoreConfig,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext
from nats.js.errors import BadRequestError, NotFoundError

from shared import subjects

from .connection import translated

LIVE_TTL_S = 6 * 3600.0
"""A request that nobody has touched for so long is over; finished ones say so themselves, and go sooner."""
STREAM_NAME_IN_USE = 10058


async def ensure_bus(client: Client, queue_jobs: int | None = None) -> None:
    """`queue_jobs`: how many jobs INFERENCE holds, those that are running included; None leaves it as it is."""
    js = client.jetstream(timeout=5)
    with translated("JetStream"):
        for stream in subjects.STREAMS:
            await ensure_stream(js, await _bounded(js, stream, queue_jobs))
        await _ensure_bucket(js, KeyValueConfig(bucket=subjects.LIVE_BUCKET, ttl=LIVE_TTL_S))
        await _ensure_bucket(js, KeyValueConfig(bucket=subjects.REVOCATIONS_BUCKET))
        await _ensure_store(js, subjects.DOCUMENTS_STORE)


async def ensure_stream(js: JetStreamContext, stream: subjects.Stream) -> None:
    config = StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.WORK_QUEUE if stream.work_queue else RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW if stream.work_queue else DiscardPolicy.OLD,
        max_msgs=stream.max_messages,
        max_age=stream.max_age_s,
        max_msg_size=stream.max_message_bytes,
        storage=StorageType.FILE,
        duplicate_window=stream.duplicate_window_s,
    )
    try:
        await js.add_stream(config)
    except BadRequestError as error:
        if error.err_code != STREAM_NAME_IN_USE:
            raise
        await js.update_stream(config)


async def _bounded(js: JetStreamContext, stream: subjects.Stream, queue_jobs: int | None) -> subjects.Stream:
    """Edges are told the bound of the queue; what others make of it at their start must not undo that."""
    if stream is not subjects.INFERENCE:
        return stream
    if queue_jobs is None:
        try:
            queue_jobs = (await js.stream_info(stream.name)).config.max_msgs
        except NotFoundError:
            return stream
    return msgspec.structs.replace(stream, max_messages=queue_jobs or stream.max_messages)


async def _ensure_bucket(js: JetStreamContext, config: KeyValueConfig) -> None:
    try:
        await js.key_value(config.bucket)
    except NotFoundError:
        config.storage = StorageType.FILE
        await js.create_key_value(config)


async def _ensure_store(js: JetStreamContext, name: str) -> None:
    try:
        await js.object_store(name)
    except NotFoundError:
        await js.create_object_store(bucket=name, config=ObjectStoreConfig(storage=StorageType.FILE))
