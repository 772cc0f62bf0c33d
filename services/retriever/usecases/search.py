"""Finding what a user's documents say on a question: by its meaning and by its words."""

from services.retriever.domain.fusion import DEPTH, fuse
from services.retriever.domain.words import asked
from services.retriever.ports import Catalog, Embedder
from shared.messages import SearchReply, SearchRequest


class Search:
    def __init__(self, embedder: Embedder, catalog: Catalog) -> None:
        self._embedder = embedder
        self._catalog = catalog

    async def search(self, request: SearchRequest) -> SearchReply:
        """Meaning fails with names, numbers and what the model never learnt to read; words with other words."""
        vector = await self._embedder.query(request.query)
        depth = max(request.limit, DEPTH)
        found = await self._catalog.search(request.user, vector, asked(request.query), depth)
        ranked = fuse(found.by_meaning, found.by_words)
        worth = [passage for passage in ranked if passage.score >= request.min_score]
        return SearchReply(tuple(worth[: request.limit]))
