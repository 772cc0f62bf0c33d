"""Documents: embedding, search, ingestion and their upkeep."""

from typing import Annotated, Literal

from msgspec import Meta

from .base import Message, Name, Record
from .chat import Passage


class EmbedRequest(Message, frozen=True):
    """An embedder of another model answers with a `Failure` of code `model_not_found`, one whose vectors have another
    length with `invalid_request`."""

    texts: Annotated[tuple[str, ...], Meta(min_length=1, max_length=256)]
    model: str = ""
    """By name or alias; empty: whichever is served."""
    dimensions: int = 0
    """0: as many as the model has."""


class EmbedReply(Message, frozen=True):
    """A vector a text, in order: little-endian float32, unit length."""

    model: str
    dimensions: int
    vectors: tuple[bytes, ...]
    tokens: int = 0
    truncated: tuple[int, ...] = ()
    """Positions of the texts of which only the beginning was read: the model takes no more."""


class EmbeddingModelRequest(Message, frozen=True):
    """Which model do you serve?"""


class EmbeddingModel(Message, frozen=True):
    name: Name
    dimensions: int
    max_tokens: int
    """Of a text, special tokens included."""
    aliases: tuple[str, ...] = ()
    created_at: float = 0.0


class SearchRequest(Message, frozen=True):
    user: Name
    query: Annotated[str, Meta(min_length=1, max_length=8192)]
    limit: Annotated[int, Meta(ge=1, le=50)] = 6
    min_score: float = 0.0


class SearchReply(Message, frozen=True):
    passages: tuple[Passage, ...]


class IngestJob(Message, frozen=True):
    """Edge → retriever: the bytes lie in the object store DOCUMENTS under the document's id."""

    document: Name
    user: Name
    title: str
    media_type: Literal["text/plain", "text/markdown"]
    size: int


class Document(Record, frozen=True):
    id: Name
    title: str
    media_type: str
    size: int
    status: Literal["queued", "processing", "ready", "failed"]
    created_at: float
    passages: int = 0
    done: int = 0
    """Passages embedded so far."""
    error: str = ""


class RegisterDocument(Message, frozen=True):
    """Make the document known as `queued`, so that its owner sees it before it is ingested."""

    job: IngestJob
    created_at: float


class ListDocuments(Message, frozen=True):
    user: Name
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: str = ""


class GetDocument(Message, frozen=True):
    user: Name
    document: Name


class GetPassage(Message, frozen=True):
    user: Name
    document: Name
    number: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class PassageReply(Message, frozen=True):
    """An unknown document or passage is a `Failure` with code `not_found`."""

    passage: Passage
    before: str = ""
    """What the document says right before it, as far as the passage before goes."""
    after: str = ""


class DeleteDocument(Message, frozen=True):
    user: Name
    document: Name


DocumentRequest = RegisterDocument | ListDocuments | GetDocument | DeleteDocument


class Documents(Message, frozen=True):
    """The answer to each `DocumentRequest`; an unknown document is a `Failure` with code `not_found`."""

    documents: tuple[Document, ...]
    next_cursor: str = ""
