"""Documents: upload, list, status, delete."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, QueryParameter

from services.edge.adapters.http.errors import problems
from services.edge.domain.identity import Principal
from services.edge.usecases.documents import Library
from shared.messages import Document

PARTS_LIMIT = 16
ENVELOPE_BYTES = 64 * 1024
"""What multipart may add to a document."""

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Entries a page")]
Cursor = Annotated[str, QueryParameter(max_length=1024, description="`next_cursor` of the page before")]


class Upload(msgspec.Struct, frozen=True):
    file: UploadFile
    """A `.txt` or `.md` file, text in UTF-8."""


class DocumentPage(msgspec.Struct, frozen=True):
    documents: tuple[Document, ...]
    next_cursor: str = ""
    """Empty on the last page."""


class PassageInContext(msgspec.Struct, frozen=True):
    document: str
    title: str
    number: int
    text: str
    start: int
    end: int
    before: str
    """What the document says right before it; empty at the beginning."""
    after: str


Form = Annotated[
    Upload, Body(media_type=RequestEncodingType.MULTI_PART, multipart_form_part_limit=PARTS_LIMIT)
]


class DocumentController(Controller):
    path = "/v1/documents"
    tags = ("Documents",)

    @post(
        "/",
        status_code=202,
        summary="Add; it is searchable once its status is `ready`",
        responses=problems(400, 401, 413, 422, 503),
    )
    async def add(
        self, principal: NamedDependency[Principal], library: NamedDependency[Library], data: Form
    ) -> Document:
        return await library.add(principal, data.file.filename, await data.file.read())

    @get("/", summary="List, newest first", responses=problems(400, 401, 503))
    async def list(
        self,
        principal: NamedDependency[Principal],
        library: NamedDependency[Library],
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> DocumentPage:
        page = await library.list(principal, limit, cursor)
        return DocumentPage(page.documents, page.next_cursor)

    @get(
        "/{document:str}/passages/{number:int}",
        summary="A passage, and what stands around it",
        responses=problems(401, 404, 503),
    )
    async def passage(
        self,
        principal: NamedDependency[Principal],
        library: NamedDependency[Library],
        document: FromPath[str],
        number: FromPath[int],
    ) -> PassageInContext:
        """`number` is that of a source; `start` and `end` are character offsets in the document."""
        found = await library.passage(principal, document, number)
        passage = found.passage
        return PassageInContext(
            passage.document,
            passage.title,
            passage.number,
            passage.text,
            passage.start,
            passage.end,
            found.before,
            found.after,
        )

    @get("/{document:str}", summary="Status and progress", responses=problems(401, 404, 503))
    async def get(
        self,
        principal: NamedDependency[Principal],
        library: NamedDependency[Library],
        document: FromPath[str],
    ) -> Document:
        return await library.get(principal, document)

    @delete(
        "/{document:str}",
        summary="Delete, with all that was learnt from it",
        responses=problems(401, 404, 503),
    )
    async def delete(
        self,
        principal: NamedDependency[Principal],
        library: NamedDependency[Library],
        document: FromPath[str],
    ) -> None:
        await library.delete(principal, document)
