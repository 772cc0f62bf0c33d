"""A user's own documents: added, watched, searched, removed."""

import time
import uuid
from collections.abc import Callable

from services.edge.domain.documents import media_type_of, require_text, title_of
from services.edge.domain.identity import Principal
from services.edge.ports.audit import Audit
from services.edge.ports.knowledge import Knowledge
from shared.errors import NotFound, SluiceError, Unprocessable
from shared.messages import Document, Documents, IngestJob, Passage, PassageReply

ANY_SCORE = -1.0
"""Cosine similarity starts there: who searches sees the nearest passages, however far."""


NUMBERS = 2**31
"""A passage's number is below."""


class Library:
    def __init__(
        self, knowledge: Knowledge, audit: Audit, *, max_bytes: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._knowledge = knowledge
        self._audit = audit
        self._max_bytes = max_bytes
        self._clock = clock

    async def add(self, principal: Principal, filename: str, data: bytes) -> Document:
        """Registers the document and hands it over to be ingested. Raises `Unprocessable` or `TooLarge`."""
        media_type = media_type_of(filename)
        title = title_of(filename)
        if not title:
            raise Unprocessable("The file has no name.", param="file")
        require_text(data, self._max_bytes)
        job = IngestJob(
            document=uuid.uuid4().hex, user=principal.user, title=title, media_type=media_type, size=len(data)
        )
        document = await self._knowledge.register(job, self._clock())
        try:
            await self._knowledge.submit(job, data)
        except BaseException:
            await self._withdraw(job)
            raise
        await self._keep("document.add", principal, job.document)
        return document

    async def list(self, principal: Principal, limit: int, cursor: str) -> Documents:
        return await self._knowledge.list(principal.user, limit, cursor)

    async def get(self, principal: Principal, document: str) -> Document:
        return await self._knowledge.get(principal.user, document)

    async def passage(self, principal: Principal, document: str, number: int) -> PassageReply:
        if not 0 <= number < NUMBERS:
            raise NotFound("There is no such passage.")
        return await self._knowledge.passage(principal.user, document, number)

    async def delete(self, principal: Principal, document: str) -> None:
        await self._knowledge.delete(principal.user, document)
        await self._keep("document.delete", principal, document)

    async def search(self, principal: Principal, query: str, limit: int) -> tuple[Passage, ...]:
        return await self._knowledge.search(principal.user, query, limit, ANY_SCORE)

    async def _keep(self, action: str, principal: Principal, document: str) -> None:
        await self._audit.keep(self._audit.draft(action, actor=principal.user, resource=document))

    async def _withdraw(self, job: IngestJob) -> None:
        """The caller is told of the first failure; should this one fail too, the document stays `queued`."""
        try:
            await self._knowledge.delete(job.user, job.document)
        except SluiceError:
            return
