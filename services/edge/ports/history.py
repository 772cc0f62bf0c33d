"""Where conversations are kept. All methods raise `Unavailable` when it is away.

A conversation of another user's is `NotFound`, as one that does not exist; so is one that is deleted, unless the method
says otherwise.
"""

from typing import Protocol

from services.edge.domain.conversations import (
    Beginning,
    Conversation,
    ConversationPage,
    FoundPage,
    GoingOn,
    Transcript,
    Turn,
)
from services.edge.domain.parts import MessagePart
from services.edge.domain.words import Sought
from shared.messages import AuditRecord, ChatCompleted

__all__ = ["History", "Titles", "Trash", "Turn"]


class History(Protocol):
    async def begin_turn(self, turn: Turn) -> None:
        """Stores the question where `before` says, and makes the conversation when it is new.

        A question id that the conversation knows means an edit or a regeneration: the answer comes `beside` the older
        ones; or its text is replaced, and all that followed it is removed. An answer still on its way to a removed
        place is not stored.
        """
        ...

    async def go_on(self, going: GoingOn) -> Beginning:
        """Stores what came of an answer's calls, and keeps its place for more of it.

        Raises `NotFound`, `InvalidRequest` where it has no such calls, or `Conflict` while it is being written.
        """
        ...

    async def beginning(self, user: str, chat: str, message_id: str) -> tuple[MessagePart, ...]:
        """What an answer holds that goes on. Raises `NotFound`."""
        ...

    async def finish_turn(self, event: ChatCompleted) -> bool:
        """Stores the answer of this or a derived event in the place that `begin_turn` kept for its request.

        A second time, or without such a place, it changes nothing. Does the conversation, deleted or not, still have
        the title that its first question gave it?
        """
        ...

    async def require(self, user: str, chat: str) -> None:
        """Raises `NotFound` unless it is a conversation of this user's."""
        ...

    async def conversations(
        self, user: str, *, limit: int, cursor: str = "", pinned: bool | None = None
    ) -> ConversationPage:
        """`pinned`: those alone, or the others. Raises `InvalidRequest` for a cursor that is none of ours."""
        ...

    async def read(self, user: str, chat: str, *, cursor: str = "") -> Transcript:
        """Of very many messages, or large ones, the newest, or those before `cursor`. Raises `InvalidRequest` for a
        cursor that is none of ours."""
        ...

    async def search(self, user: str, sought: Sought, *, limit: int, cursor: str = "") -> FoundPage:
        """Conversations with all the words in one message, or in the title. A word is found by its beginning.

        Raises `InvalidRequest` for a cursor that is none of ours, and `Unavailable` also when it takes too long.
        """
        ...

    async def update(
        self, user: str, chat: str, *, title: str | None = None, pinned: bool | None = None
    ) -> Conversation:
        """One of them at least. A title that was given so is nobody's to replace."""
        ...

    async def delete(self, user: str, chat: str, record: AuditRecord) -> tuple[str, ...]:
        """For a while it can be restored. Also keeps the record of it, to be sent: either both or neither.

        Returns the requests of answers that are being written in it.
        """
        ...

    async def restore(self, user: str, chat: str, record: AuditRecord) -> Conversation:
        """Undoes `delete`, if that was done and can be, with its record. Raises `NotFound` when it is gone."""
        ...


class Titles(Protocol):
    """What `History` has for titles that a model makes."""

    async def claim_title(self, user: str, chat: str, request: str) -> str | None:
        """The question that this request answered, for whoever asks for its conversation's title: once, and only while
        that has the title that its question gave it. None otherwise."""
        ...

    async def entitle(self, user: str, chat: str, title: str) -> None:
        """The title that was asked for. One that somebody chose meanwhile stays."""
        ...


class Trash(Protocol):
    """What `History` has for deleted conversations."""

    async def running_in_deleted(self, limit: int) -> tuple[str, ...]:
        """Requests of answers that are being written in them."""
        ...

    async def purge(self, before: float) -> bool:
        """Removes one that was deleted by then, for good; False when there is none. Several may do so at once."""
        ...
