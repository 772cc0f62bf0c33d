"""Making the streams and buckets that `shared.subjects` names. Idempotent: each service does it at its start, and
again when it has lost the bus.

What is there is looked at first, and changed only where it differs: in a cluster each change is a vote, and every
process asks at once when a server has died.
"""

from dataclasses import fields

import structlog
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
from nats.js.errors import APIError, BadRequestError, NotFoundError

from shared import subjects

from .bucket import KEY_VALUE_STREAM, OBJECT_STORE_STREAM
from .connection import translated

log = structlog.get_logger()

LIVE_TTL_S = 6 * 3600.0
"""A request that nobody has touched for so long is over; finished ones say so themselves, and go sooner."""
STREAM_NAME_IN_USE = 10058


async def ensure_bus(client: Client, *, queue_jobs: int | None = None, replicas: int | None = None) -> None:
    """`queue_jobs`: how many jobs INFERENCE holds, those that are running included. `replicas`: on how many servers
    each stream is kept. None leaves either as it is."""
    js = client.jetstream(timeout=5)
    with translated("JetStream"):
        for stream in subjects.STREAMS:
            bound = queue_jobs if stream is subjects.INFERENCE else stream.max_messages
            await ensure_stream(js, stream, max_messages=bound, replicas=replicas)
        await _ensure_bucket(js, KeyValueConfig(bucket=subjects.LIVE_BUCKET, ttl=LIVE_TTL_S), replicas)
        await _ensure_bucket(js, KeyValueConfig(bucket=subjects.REVOCATIONS_BUCKET), replicas)
        await _ensure_store(js, subjects.DOCUMENTS_STORE, replicas)


async def ensure_one(client: Client, stream: subjects.Stream, *, replicas: int | None = None) -> None:
    with translated("JetStream"):
        await ensure_stream(client.jetstream(timeout=2), stream, replicas=replicas)


async def ensure_stream(
    js: JetStreamContext,
    stream: subjects.Stream,
    *,
    max_messages: int | None = None,
    replicas: int | None = None,
) -> None:
    """`max_messages` of a stream that is there already: None leaves it as it is."""
    found = await _config(js, stream.name)
    if found is None:
        try:
            await js.add_stream(_wanted(stream, max_messages or stream.max_messages, replicas or 1))
            return
        except BadRequestError as error:
            if error.err_code != STREAM_NAME_IN_USE:
                raise
        found = (await js.stream_info(stream.name)).config  # made by another service in this moment
    bound = max_messages or found.max_msgs or stream.max_messages
    wanted = _wanted(stream, bound, found.num_replicas or 1)
    if differs(found, wanted):
        await js.update_stream(wanted)
    await _keep_on(js, wanted, replicas)


def _wanted(stream: subjects.Stream, max_messages: int, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.WORK_QUEUE if stream.work_queue else RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW if stream.work_queue else DiscardPolicy.OLD,
        max_msgs=max_messages,
        max_age=stream.max_age_s,
        max_msg_size=stream.max_message_bytes,
        storage=StorageType.FILE,
        duplicate_window=stream.duplicate_window_s,
        num_replicas=replicas,
    )


def differs(found: StreamConfig, wanted: StreamConfig) -> bool:
    """In something that `wanted` names: the server has filled in the rest."""
    named = [each.name for each in fields(wanted) if getattr(wanted, each.name) is not None]
    return any(getattr(found, name) != getattr(wanted, name) for name in named)


async def _config(js: JetStreamContext, name: str) -> StreamConfig | None:
    try:
        return (await js.stream_info(name)).config
    except NotFoundError:
        return None


async def _keep_on(js: JetStreamContext, config: StreamConfig, replicas: int | None) -> None:
    """Moves a stream to another number of servers. Where there are too few of them it stays as it is, and in use."""
    if replicas in (None, config.num_replicas or 1):
        return
    try:
        await js.update_stream(config, num_replicas=replicas)
    except APIError as error:
        log.warning("stream.not_replicated", stream=config.name, replicas=replicas, reason=error.description)


async def _ensure_bucket(js: JetStreamContext, config: KeyValueConfig, replicas: int | None) -> None:
    found = await _config(js, KEY_VALUE_STREAM.format(config.bucket))
    if found is None:
        config.storage = StorageType.FILE
        config.replicas = replicas or 1
        await js.create_key_value(config)
    else:
        await _keep_on(js, found, replicas)


async def _ensure_store(js: JetStreamContext, name: str, replicas: int | None) -> None:
    found = await _config(js, OBJECT_STORE_STREAM.format(name))
    if found is None:
        config = ObjectStoreConfig(storage=StorageType.FILE, replicas=replicas or 1)
        await js.create_object_store(bucket=name, config=config)
    else:
        await _keep_on(js, found, replicas)
