"""Searching one's documents without asking a model."""

from typing import Annotated

import msgspec
from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from services.edge.adapters.http.errors import problems
from services.edge.domain.identity import Principal
from services.edge.usecases.documents import Library
from shared.messages import Passage


class Search(msgspec.Struct, frozen=True):
    query: Annotated[str, Meta(min_length=1, max_length=8192, examples=["who is on call at night?"])]
    limit: Annotated[int, Meta(ge=1, le=50)] = 6


class SearchResult(msgspec.Struct, frozen=True):
    passages: tuple[Passage, ...]
    """Best first."""


class SearchController(Controller):
    path = "/v1/search"
    tags = ("Documents",)

    @post("/", status_code=200, summary="Search by meaning", responses=problems(400, 401, 503))
    async def search(
        self, principal: NamedDependency[Principal], library: NamedDependency[Library], data: JSONBody[Search]
    ) -> SearchResult:
        return SearchResult(await library.search(principal, data.query, data.limit))
