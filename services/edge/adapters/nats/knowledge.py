"""Documents and search, asked of the retriever over the bus."""

from shared import subjects
from shared.broker import Bus
from shared.errors import InternalError
from shared.messages import (
    DeleteDocument,
    Document,
    Documents,
    GetDocument,
    GetPassage,
    IngestJob,
    ListDocuments,
    Message,
    Passage,
    PassageReply,
    RegisterDocument,
    SearchReply,
    SearchRequest,
)

PATIENCE_S = 1.9
"""For one answer of the retriever's: the caller is told within two seconds that it is away."""


class BusKnowledge:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._blobs = bus.blobs(subjects.DOCUMENTS_STORE)

    async def search(self, user: str, query: str, limit: int, min_score: float) -> tuple[Passage, ...]:
        request = SearchRequest(user=user, query=query, limit=limit, min_score=min_score)
        reply = await self._bus.request(subjects.SEARCH, request, SearchReply, timeout_s=PATIENCE_S)
        return reply.passages

    async def register(self, job: IngestJob, created_at: float) -> Document:
        return _only(await self._ask(RegisterDocument(job=job, created_at=created_at)))

    async def list(self, user: str, limit: int, cursor: str) -> Documents:
        return await self._ask(ListDocuments(user=user, limit=limit, cursor=cursor))

    async def get(self, user: str, document: str) -> Document:
        return _only(await self._ask(GetDocument(user=user, document=document)))

    async def passage(self, user: str, document: str, number: int) -> PassageReply:
        request = GetPassage(user=user, document=document, number=number)
        return await self._bus.request(subjects.PASSAGES, request, PassageReply, timeout_s=PATIENCE_S)

    async def delete(self, user: str, document: str) -> None:
        await self._ask(DeleteDocument(user=user, document=document))

    async def submit(self, job: IngestJob, data: bytes) -> None:
        """The bytes first: whoever pulls the job finds them."""
        await self._blobs.put(job.document, data)
        await self._bus.append(subjects.INGEST, job, id=job.document)

    async def _ask(self, request: Message) -> Documents:
        return await self._bus.request(subjects.DOCUMENTS, request, Documents, timeout_s=PATIENCE_S)


def _only(reply: Documents) -> Document:
    if len(reply.documents) != 1:
        raise InternalError("The retriever answered with another number of documents than one.")
    return reply.documents[0]
