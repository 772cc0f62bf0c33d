"""Where conversations are kept. All methods raise `Unavailable` when it is away.

A conversation of another user's is `NotFound`, as one that does not exist.
"""

from typing import Protocol

from services.edge.domain.conversations import Conversation, ConversationPage, Transcript, Turn
from shared.messages import AuditRecord, ChatCompleted

__all__ = ["History", "Turn"]


class History(Protocol):
    async def begin_turn(self, turn: Turn) -> None:
        """Stores the question, and makes the conversation when it is new.

        A question id that the conversation knows means an edit or a regeneration: its text is replaced and
        all that followed it is removed. An answer still on its way to a removed place is not stored.
        """
        ...

    async def finish_turn(self, event: ChatCompleted) -> None:
        """Stores the answer of this or a derived event in the place that `begin_turn` kept for its request.

        A second time, or without such a place, it changes nothing.
        """
        ...

    async def require(self, user: str, chat: str) -> None:
        """Raises `NotFound` unless it is a conversation of this user's."""
        ...

    async def conversations(self, user: str, *, limit: int, cursor: str = "") -> ConversationPage:
        """Raises `InvalidRequest` for a cursor that is none of ours."""
        ...

    async def read(self, user: str, chat: str) -> Transcript: ...
    async def rename(self, user: str, chat: str, title: str) -> Conversation: ...
    async def delete(self, user: str, chat: str, record: AuditRecord) -> None:
        """Also keeps the record of it, to be sent: either both or neither."""
        ...
