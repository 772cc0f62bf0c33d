"""The user's documents, and what they say on a question. All methods raise `Unavailable`."""

from typing import Protocol

from shared.messages import Document, Documents, IngestJob, Passage, PassageReply


class Knowledge(Protocol):
    async def search(self, user: str, query: str, limit: int, min_score: float) -> tuple[Passage, ...]:
        """Best first; a score is a cosine similarity or a share of the question's words. Of the user's own alone."""
        ...

    async def register(self, job: IngestJob, created_at: float) -> Document: ...
    async def list(self, user: str, limit: int, cursor: str) -> Documents: ...
    async def get(self, user: str, document: str) -> Document:
        """Raises `NotFound`, also for another user's."""
        ...

    async def passage(self, user: str, document: str, number: int) -> PassageReply:
        """Raises `NotFound`, also for another user's."""
        ...

    async def delete(self, user: str, document: str) -> None:
        """Raises `NotFound`, also for another user's."""
        ...

    async def submit(self, job: IngestJob, data: bytes) -> None:
        """Hands a registered document over to be ingested."""
        ...
