"""The history: conversations and what was said in them."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from services.edge.adapters.http.attachments import attachment
from services.edge.adapters.http.errors import problems
from services.edge.domain.conversations import Conversation, ConversationPage, MatchPage, Transcript
from services.edge.domain.exports import Format
from services.edge.domain.identity import Principal
from services.edge.usecases.conversations import Conversations

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Entries a page")]
Cursor = Annotated[str, QueryParameter(max_length=1024, description="`next_cursor` of the page before")]


Query = Annotated[str, QueryParameter(min_length=1, max_length=200, description="Words")]
Pinned = Annotated[bool | None, QueryParameter(description="Those that are pinned, or those that are not")]


FileFormat = Annotated[Format, QueryParameter(description="markdown or json")]
MEDIA_TYPES: dict[Format, str] = {"markdown": "text/markdown; charset=utf-8", "json": "application/json"}


class Change(msgspec.Struct, frozen=True):
    """What is not named stays as it is."""

    title: (
        Annotated[str, Meta(min_length=1, max_length=200, examples=["Night shifts"])] | msgspec.UnsetType
    ) = msgspec.UNSET
    pinned: bool | msgspec.UnsetType = msgspec.UNSET


class ConversationController(Controller):
    path = "/v1/conversations"
    tags = ("Conversations",)

    @get("/", summary="List, newest first", responses=problems(400, 401, 503))
    async def list(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        limit: Limit = 50,
        cursor: Cursor = "",
        pinned: Pinned = None,
    ) -> ConversationPage:
        return await conversations.list(principal, limit, cursor, pinned)

    @get("/search", summary="Search titles and messages", responses=problems(400, 401, 503))
    async def search(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        q: Query,
        limit: Limit = 20,
        cursor: Cursor = "",
    ) -> MatchPage:
        """Conversations that have all words of `q` in one message, or in the title; each once, newest first. A word is
        found by its beginning, Chinese by any part.
        """
        return await conversations.search(principal, q, limit, cursor)

    @get("/{conversation:str}", summary="Read", responses=problems(400, 401, 404, 503))
    async def read(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        conversation: FromPath[str],
        cursor: Cursor = "",
    ) -> Transcript:
        """All branches of it, in the order in which their messages were made: `parent` makes them a tree, and
        `current` is where it was gone on with last. Of more than 4,000 messages or 16 MiB the newest come first;
        `cursor`, the `previous_cursor` of a page, gives those before them.
        """
        return await conversations.read(principal, conversation, cursor)

    @get(
        "/{conversation:str}/export",
        summary="Download as Markdown or JSON",
        responses=problems(400, 401, 404, 413, 503),
    )
    async def export(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        conversation: FromPath[str],
        format: FileFormat = "markdown",  # noqa: A002 - its name in the API
    ) -> Response[bytes]:
        """Markdown holds the branch that was gone on with last, with its sources as footnotes; JSON all there is."""
        name, written = await conversations.export(principal, conversation, format)
        headers = {"Content-Disposition": attachment(name)}
        return Response(written, media_type=MEDIA_TYPES[format], headers=headers)

    @patch("/{conversation:str}", summary="Rename, pin", responses=problems(400, 401, 404, 503))
    async def update(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        conversation: FromPath[str],
        data: JSONBody[Change],
    ) -> Conversation:
        title = None if data.title is msgspec.UNSET else data.title
        pinned = None if data.pinned is msgspec.UNSET else data.pinned
        return await conversations.update(principal, conversation, title, pinned)

    @post(
        "/{conversation:str}/restore",
        status_code=200,
        summary="Undo its deletion",
        responses=problems(401, 404, 503),
    )
    async def restore(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        conversation: FromPath[str],
    ) -> Conversation:
        return await conversations.restore(principal, conversation)

    @delete(
        "/{conversation:str}",
        summary="Delete; it can be restored for a while",
        responses=problems(401, 404, 503),
    )
    async def delete(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        conversation: FromPath[str],
    ) -> None:
        await conversations.delete(principal, conversation)
