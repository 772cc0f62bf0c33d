"""Requests for search and upkeep: three subjects, one queue group, so that each reaches one retriever."""

import asyncio

from faststream.nats import NatsBroker

from services.retriever.usecases.documents import DocumentsDesk
from services.retriever.usecases.search import Search
from shared import subjects
from shared.errors import Unavailable
from shared.messages import DocumentRequest, Documents, GetPassage, PassageReply, SearchReply, SearchRequest

DEADLINE_S = 1.8
"""For a whole request: whatever is away, the caller is told within two seconds."""
IN_FLIGHT = 64


def subscribe(broker: NatsBroker, search: Search, desk: DocumentsDesk) -> None:
    """Call it before the broker starts."""

    async def find_passages(request: SearchRequest) -> SearchReply:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await search.search(request)
        except TimeoutError as error:
            raise Unavailable("The search took too long.") from error

    async def keep_documents(request: DocumentRequest) -> Documents:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await desk.answer(request)
        except TimeoutError as error:
            raise Unavailable("The documents cannot be reached now.") from error

    async def read_passage(request: GetPassage) -> PassageReply:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await desk.passage(request)
        except TimeoutError as error:
            raise Unavailable("The documents cannot be reached now.") from error

    broker.subscriber(subjects.SEARCH, queue=subjects.RETRIEVERS, max_workers=IN_FLIGHT)(find_passages)
    broker.subscriber(subjects.DOCUMENTS, queue=subjects.RETRIEVERS, max_workers=IN_FLIGHT)(keep_documents)
    broker.subscriber(subjects.PASSAGES, queue=subjects.RETRIEVERS, max_workers=IN_FLIGHT)(read_passage)
