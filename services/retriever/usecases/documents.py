"""A user's documents: known before they are ingested, gone with everything that was made of them."""

from contextlib import suppress

from services.retriever.domain.neighbours import beside
from services.retriever.ports import Catalog, Originals
from shared.errors import Unavailable
from shared.messages import (
    DeleteDocument,
    DocumentRequest,
    Documents,
    GetDocument,
    GetPassage,
    ListDocuments,
    PassageReply,
    RegisterDocument,
)


class DocumentsDesk:
    def __init__(self, catalog: Catalog, originals: Originals) -> None:
        self._catalog = catalog
        self._originals = originals

    async def answer(self, request: DocumentRequest) -> Documents:
        match request:
            case RegisterDocument():
                return Documents((await self._catalog.register(request.job, request.created_at),))
            case ListDocuments():
                return await self._catalog.list(request.user, request.limit, request.cursor)
            case GetDocument():
                return Documents((await self._catalog.get(request.user, request.document),))
            case DeleteDocument():
                await self._delete(request)
                return Documents(())

    async def passage(self, request: GetPassage) -> PassageReply:
        number = request.number
        found = await self._catalog.passages(request.user, request.document, number - 1, number + 1)
        return beside(number, found)

    async def _delete(self, request: DeleteDocument) -> None:
        """An ingestion that runs finds the document gone at its next step, and leaves nothing."""
        await self._catalog.delete(request.user, request.document)
        with suppress(Unavailable):  # its job, if one waits, finds no document and deletes the bytes
            await self._originals.delete(request.document)
