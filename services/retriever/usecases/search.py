"""Finding what a user's documents say on a question."""

from services.retriever.ports import Catalog, Embedder
from shared.messages import SearchReply, SearchRequest


class Search:
    def __init__(self, embedder: Embedder, catalog: Catalog) -> None:
        self._embedder = embedder
        self._catalog = catalog

    async def search(self, request: SearchRequest) -> SearchReply:
        vector = await self._embedder.query(request.query)
        found = await self._catalog.search(request.user, vector, request.limit)
        return SearchReply(tuple(passage for passage in found if passage.score >= request.min_score))
