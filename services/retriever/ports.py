"""What knowledge needs from outside. All methods raise `Unavailable` while their part is away."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from services.retriever.domain.chunking import Chunk, Word
from services.retriever.domain.words import Asked
from shared.messages import (
    Document,
    DocumentFailed,
    DocumentIngested,
    Documents,
    IngestJob,
    Passage,
)

Vector = bytes
"""Little-endian float32, unit length."""


class Begun(msgspec.Struct, frozen=True):
    document: Document
    attempts: int
    """How often its ingestion was begun and not postponed, this time included."""


class Found(msgspec.Struct, frozen=True):
    """Passages of ready documents in two rankings, each best first; one may be in both."""

    by_meaning: Sequence[Passage]
    """Score: cosine similarity."""
    by_words: Sequence[Passage]
    """Score: share of the question's words, by weight; `WORTH` at least."""


class Catalog(Protocol):
    """The users' view. What is another user's is not there: `NotFound`."""

    async def register(self, job: IngestJob, created_at: float) -> Document:
        """As `queued`; one that is there stays as it is. Raises `Conflict` if the id is another user's."""
        ...

    async def list(self, user: str, limit: int, cursor: str) -> Documents:
        """Newest first. Raises `InvalidRequest` on a cursor that is none."""
        ...

    async def get(self, user: str, document: str) -> Document: ...
    async def passages(self, user: str, document: str, first: int, last: int) -> Sequence[Passage]:
        """Those with numbers from `first` to `last`; none of a document that is not there."""
        ...

    async def delete(self, user: str, document: str) -> None:
        """With all its passages."""
        ...

    async def search(self, user: str, vector: Vector, asked: Sequence[Asked], depth: int) -> Found:
        """Up to `depth` in each ranking."""
        ...


class Intake(Protocol):
    """Ingestion's view. What answers False has changed nothing: the document was deleted, or is ready or failed.

    `PostgresIntake` and `PostgresCatalog` are the real ones, `tests.fakes.retriever.MemoryLibrary` is both.
    """

    async def begin(self, job: IngestJob) -> Begun | None:
        """As `processing`, unless it is over already. None: there is no such document, or no longer."""
        ...

    async def report(self, document: str, done: int, passages: int) -> bool: ...

    async def finish(self, document: str, chunks: Sequence[Chunk], vectors: Sequence[Vector]) -> bool:
        """All passages and `ready`, at once."""
        ...

    async def fail(self, document: str, reason: str) -> bool: ...

    async def postpone(self, document: str) -> None:
        """As `queued`, and this attempt does not count."""
        ...


class Originals(Protocol):
    """The uploaded bytes. `get` raises `NotFound`; deleting what is not there is no error."""

    async def get(self, name: str) -> bytes: ...
    async def delete(self, name: str) -> None: ...


class Embedder(Protocol):
    async def query(self, text: str) -> Vector:
        """In the lane of questions."""
        ...

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """A vector a text, in the lane of bulk."""
        ...


class Tokenizer(Protocol):
    def words(self, text: str) -> Iterator[Word]:
        """In order. Computes: call it off the event loop."""
        ...


class News(Protocol):
    """Tells whoever wants to know, durably. The same news twice is one."""

    async def tell(self, event: DocumentIngested | DocumentFailed) -> None: ...
