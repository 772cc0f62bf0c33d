"""The history: conversations and what was said in them."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from services.edge.adapters.http.errors import problems
from services.edge.domain.conversations import Conversation, ConversationPage, Transcript
from services.edge.domain.identity import Principal
from services.edge.usecases.conversations import Conversations

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Entries a page")]
Cursor = Annotated[str, QueryParameter(max_length=1024, description="`next_cursor` of the page before")]


class Rename(msgspec.Struct, frozen=True):
    title: Annotated[str, Meta(min_length=1, max_length=200, examples=["Night shifts"])]


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
    ) -> ConversationPage:
        return await conversations.list(principal, limit, cursor)

    @get("/{conversation:str}", summary="Read", responses=problems(401, 404, 503))
    async def read(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        conversation: FromPath[str],
    ) -> Transcript:
        return await conversations.read(principal, conversation)

    @patch("/{conversation:str}", summary="Rename", responses=problems(400, 401, 404, 503))
    async def rename(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        conversation: FromPath[str],
        data: JSONBody[Rename],
    ) -> Conversation:
        return await conversations.rename(principal, conversation, data.title)

    @delete("/{conversation:str}", summary="Delete", responses=problems(401, 404, 503))
    async def delete(
        self,
        principal: NamedDependency[Principal],
        conversations: NamedDependency[Conversations],
        conversation: FromPath[str],
    ) -> None:
        await conversations.delete(principal, conversation)
