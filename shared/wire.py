"""The whole wire on one page: which message travels on which subject, how, and from whom to whom.

Tokens in capitals stand for a value. `proto/` and the tables in the documents are generated from this.
"""

from typing import Literal

import msgspec

from shared import messages as m
from shared import subjects


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    kind: Literal["broadcast", "request", "stream", "work queue", "key-value", "object store"]
    sender: str
    receiver: str
    carries: tuple[type[m.Message | m.Frame], ...]
    replies: tuple[type[m.Message], ...] = ()
    note: str = ""


def channels() -> tuple[Channel, ...]:
    return (*_token_plane(), *_job_plane(), *_workers(), *_records(), *_knowledge(), *_upkeep())


def _job_plane() -> tuple[Channel, ...]:
    return (
        Channel(
            subject=subjects.job("MODEL", "interactive", "PUBLISHER").replace("interactive", "PRIORITY"),
            kind="work queue",
            sender="edge, CLI, any client",
            receiver="one inference worker",
            carries=(m.ChatJob,),
            note="stream INFERENCE; the model's own name, no alias; message id `<request>:1`; a full queue refuses",
        ),
        Channel(
            subject=subjects.resume("MODEL", "PUBLISHER"),
            kind="work queue",
            sender="receiver, or a worker that drains",
            receiver="one inference worker",
            carries=(m.ChatJob,),
            note="stream INFERENCE_RESUME; attempt n + 1, message id `<request>:<n + 1>`",
        ),
        Channel(
            subject=subjects.CONTROL,
            kind="broadcast",
            sender="edge, CLI",
            receiver="every inference worker",
            carries=(m.CancelJob, m.Attach, m.Detach, m.Lease),
        ),
        Channel(
            subject=subjects.dead_letter("MODEL"),
            kind="stream",
            sender="inference worker",
            receiver="CLI",
            carries=(m.DeadLetter,),
            note="stream DEAD_LETTERS; message id `<request>:<attempt>`",
        ),
        Channel(
            subject=subjects.bucket_key(subjects.LIVE_BUCKET, subjects.live_request("REQUEST")),
            kind="key-value",
            sender="edge, inference",
            receiver="edge, inference",
            carries=(m.LiveRequest,),
            note="the revision of the claim is the fence",
        ),
        Channel(
            subject=subjects.bucket_key(subjects.LIVE_BUCKET, subjects.live_chat("CHAT")),
            kind="key-value",
            sender="edge",
            receiver="edge",
            carries=(m.LiveChat,),
            note="the newest answer of a conversation",
        ),
    )


def _workers() -> tuple[Channel, ...]:
    return (
        Channel(
            subject=subjects.STATUS,
            kind="broadcast",
            sender="inference worker, each second",
            receiver="edge, CLI, every inference worker",
            carries=(m.WorkerStatus,),
        ),
        Channel(
            subject=subjects.offers("WORKER"),
            kind="request",
            sender="inference worker",
            receiver="one inference worker",
            carries=(m.Offer,),
            replies=(m.OfferReply,),
            note="a job that was pulled, to the worker that has its conversation in its cache; who takes it settles it",
        ),
    )


def _token_plane() -> tuple[Channel, ...]:
    return (
        Channel(
            subject=subjects.tokens("INBOX"),
            kind="broadcast",
            sender="inference worker",
            receiver="one edge or CLI",
            carries=(m.Frame,),
            note="one frame an engine step, and an empty one each 250 ms",
        ),
        Channel(
            subject=subjects.receiver("INBOX"),
            kind="request",
            sender="inference worker",
            receiver="one edge or CLI",
            carries=(m.ShownRequest,),
            replies=(m.Shown,),
        ),
    )


def _records() -> tuple[Channel, ...]:
    return (
        Channel(
            subject=subjects.event("KIND", "USER"),
            kind="stream",
            sender="inference, retriever, edge",
            receiver="edge's history",
            carries=(m.ChatCompleted, m.ChatCancelled, m.ChatFailed, m.DocumentIngested, m.DocumentFailed),
            note="stream EVENTS; message id = request or document",
        ),
        Channel(
            subject=subjects.audit("SERVICE"),
            kind="stream",
            sender="all services",
            receiver="audit",
            carries=(m.AuditRecord,),
            note="stream AUDIT",
        ),
    )


def _knowledge() -> tuple[Channel, ...]:
    embedding = tuple(
        Channel(
            subject=subject,
            kind="request",
            sender=sender,
            receiver="one embedder",
            carries=(m.EmbedRequest,),
            replies=(m.EmbedReply, m.Failure),
        )
        for subject, sender in (
            (subjects.EMBED_QUERY, "retriever, edge"),
            (subjects.EMBED_BATCH, "retriever, edge"),
        )
    )
    return (
        *embedding,
        Channel(
            subject=subjects.EMBED_MODEL,
            kind="request",
            sender="edge",
            receiver="one embedder",
            carries=(m.EmbeddingModelRequest,),
            replies=(m.EmbeddingModel,),
        ),
        Channel(
            subject=subjects.SEARCH,
            kind="request",
            sender="edge",
            receiver="one retriever",
            carries=(m.SearchRequest,),
            replies=(m.SearchReply, m.Failure),
        ),
        Channel(
            subject=subjects.DOCUMENTS,
            kind="request",
            sender="edge",
            receiver="one retriever",
            carries=(m.RegisterDocument, m.ListDocuments, m.GetDocument, m.DeleteDocument),
            replies=(m.Documents, m.Failure),
        ),
        Channel(
            subject=subjects.PASSAGES,
            kind="request",
            sender="edge",
            receiver="one retriever",
            carries=(m.GetPassage,),
            replies=(m.PassageReply, m.Failure),
        ),
        Channel(
            subject=subjects.INGEST,
            kind="work queue",
            sender="edge",
            receiver="one retriever",
            carries=(m.IngestJob,),
            note="stream INGEST; the bytes lie in the object store DOCUMENTS",
        ),
    )


def _upkeep() -> tuple[Channel, ...]:
    return (
        Channel(
            subject=subjects.bucket_key(subjects.REVOCATIONS_BUCKET, subjects.revoked_user("USER")),
            kind="key-value",
            sender="edge",
            receiver="every edge",
            carries=(m.Revocation,),
            note="also `token.<id>`",
        ),
        Channel(
            subject=subjects.health("SERVICE", "INSTANCE"),
            kind="request",
            sender="whoever asks",
            receiver="that instance",
            carries=(m.HealthRequest,),
            replies=(m.HealthReply,),
        ),
    )
