"""A user's own conversations."""

from services.edge.domain.conversations import Conversation, ConversationPage, Transcript
from services.edge.domain.identity import Principal
from services.edge.ports.audit import Audit
from services.edge.ports.history import History
from shared.errors import InvalidRequest


class Conversations:
    def __init__(self, history: History, audit: Audit) -> None:
        self._history = history
        self._audit = audit

    async def list(self, principal: Principal, limit: int, cursor: str) -> ConversationPage:
        return await self._history.conversations(principal.user, limit=limit, cursor=cursor)

    async def read(self, principal: Principal, chat: str) -> Transcript:
        return await self._history.read(principal.user, chat)

    async def rename(self, principal: Principal, chat: str, title: str) -> Conversation:
        title = " ".join(title.split())
        if not title:
            raise InvalidRequest("A title has at least one character.", param="title")
        return await self._history.rename(principal.user, chat, title)

    async def delete(self, principal: Principal, chat: str) -> None:
        record = self._audit.draft("conversation.delete", actor=principal.user, resource=chat)
        await self._history.delete(principal.user, chat, record)
