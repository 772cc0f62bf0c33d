"""Every subject, stream, bucket and queue group of the bus, and who may say what on it.

`docs/architecture.md` and `proto/README.md` show this as a table; that table is generated from here.
"""

import hashlib
import re
from typing import Literal

import msgspec

Priority = Literal["interactive", "batch"]

_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


def model_token(name: str) -> str:
    """A model's name as one subject token.

    Names hold dots and slashes, and NATS reads a dot as a boundary: `Qwen/Qwen2.5-7B` published raw
    reaches nobody. Other characters become `-`, and eight digits of the name's hash keep two names apart.
    """
    if _PLAIN_TOKEN.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', name)}-{digest}"


def job(model: str, priority: Priority, publisher: str) -> str:
    return f"inference.jobs.{model_token(model)}.{priority}.{publisher}"


def jobs_of(model: str, priority: Priority) -> str:
    """Wildcard: all publishers' jobs for this model."""
    return f"inference.jobs.{model_token(model)}.{priority}.*"


def resume(model: str, publisher: str) -> str:
    return f"inference.resume.{model_token(model)}.{publisher}"


def resumes_of(model: str) -> str:
    return f"inference.resume.{model_token(model)}.*"


def offers(worker: str) -> str:
    return f"inference.offers.{worker}"


def dead_letter(model: str) -> str:
    return f"inference.dead.{model_token(model)}"


def tokens(inbox: str) -> str:
    return f"tokens.{inbox}"


def receiver(inbox: str) -> str:
    return f"receivers.{inbox}"


def event(kind: str, user: str) -> str:
    return f"events.{kind}.{user}"


def audit(service: str) -> str:
    return f"audit.{service}"


def health(service: str, instance: str) -> str:
    return f"health.{service}.{instance}"


CONTROL = "inference.control"
STATUS = "inference.status"
EVENTS = "events.>"
AUDIT = "audit.>"
EMBED_QUERY = "embed.query"
EMBED_BATCH = "embed.batch"
EMBED_MODEL = "embed.model"
SEARCH = "retrieval.search"
DOCUMENTS = "knowledge.documents"
PASSAGES = "knowledge.passages"
INGEST = "knowledge.ingest"

EMBEDDERS = "embedders"
"""Queue group: one embedder answers each request."""
RETRIEVERS = "retrievers"
HISTORY = "history"
"""Durable consumer of EVENTS in edge: stores answers."""
AUDITORS = "auditors"
"""Durable consumer of AUDIT."""
INGESTERS = "ingesters"
"""Durable consumer of INGEST."""

LIVE_BUCKET = "LIVE"
REVOCATIONS_BUCKET = "REVOCATIONS"
DOCUMENTS_STORE = "DOCUMENTS"


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A JetStream stream. A work queue deletes what is acknowledged and refuses what is over its bound."""

    name: str
    subjects: tuple[str, ...]
    work_queue: bool
    max_messages: int
    max_age_s: float
    max_message_bytes: int = 1_000_000
    """Within a broker's `max_payload`, which is 8 MiB where we set it up."""
    duplicate_window_s: float = 120.0


JOB_BYTES = 7_500_000
"""A question with its pictures (`MAX_PICTURES_BYTES`), its text, and its tools."""

INFERENCE = Stream(
    name="INFERENCE",
    subjects=("inference.jobs.>",),
    work_queue=True,
    max_messages=10_000,
    max_age_s=3600,
    max_message_bytes=JOB_BYTES,
)
INFERENCE_RESUME = Stream(
    name="INFERENCE_RESUME",
    subjects=("inference.resume.>",),
    work_queue=True,
    max_messages=20_000,
    max_age_s=3600,
    max_message_bytes=JOB_BYTES + 200_000,  # with the ids that were shown
)
DEAD_LETTERS = Stream(
    name="DEAD_LETTERS",
    subjects=("inference.dead.>",),
    work_queue=False,
    max_messages=10_000,
    max_age_s=30 * 86_400,
    max_message_bytes=JOB_BYTES + 400_000,  # and why
)
INGEST_STREAM = Stream(
    name="INGEST", subjects=(INGEST,), work_queue=True, max_messages=10_000, max_age_s=7 * 86_400
)
EVENTS_STREAM = Stream(
    name="EVENTS", subjects=(EVENTS,), work_queue=False, max_messages=1_000_000, max_age_s=7 * 86_400
)
AUDIT_STREAM = Stream(
    name="AUDIT", subjects=(AUDIT,), work_queue=False, max_messages=1_000_000, max_age_s=30 * 86_400
)

STREAMS = (INFERENCE, INFERENCE_RESUME, DEAD_LETTERS, INGEST_STREAM, EVENTS_STREAM, AUDIT_STREAM)


def live_request(request: str) -> str:
    return f"request.{request}"


def live_chat(chat: str) -> str:
    return f"chat.{chat}"


def revoked_user(user: str) -> str:
    return f"user.{user}"


def revoked_token(token_id: str) -> str:
    return f"token.{token_id}"


def bucket_key(bucket: str, key: str) -> str:
    """Where JetStream keeps a key; a write to it is heard there, too."""
    return f"$KV.{bucket}.{key}"


def changes(bucket: str) -> str:
    """Wildcard: the writes to any key of a bucket."""
    return f"$KV.{bucket}.>"
