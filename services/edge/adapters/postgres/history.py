"""Conversations in PostgreSQL.

Who writes to a conversation locks its row first, so that turns and answers happen one after another.
An answer's place is a row with the status `running`, which readers do not see.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.cursor import decode_cursor, encode_cursor
from services.edge.adapters.postgres.outbox import put
from services.edge.adapters.postgres.tables import conversations, messages
from services.edge.adapters.postgres.turns import begin
from services.edge.domain.conversations import Conversation, ConversationPage, StoredMessage, Transcript, Turn
from shared.database import Database, moment
from shared.errors import NotFound
from shared.messages import AuditRecord, ChatCancelled, ChatCompleted, ChatFailed, Passage

MESSAGES_READ = 1000
"""Of a longer conversation the newest are read."""


class PostgresHistory:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_turn(self, turn: Turn) -> None:
        async with self._database.transaction() as connection:
            await begin(connection, turn)

    async def finish_turn(self, event: ChatCompleted) -> None:
        waiting = (
            (messages.c.conversation_id == event.chat)
            & (messages.c.request == event.request)
            & (messages.c.status == "running")
        )
        async with self._database.transaction() as connection:
            try:
                await _lock(connection, event.user, event.chat)
            except NotFound:
                return
            stored = await connection.execute(update(messages).where(waiting).values(_answer(event)))
            if stored.rowcount:
                newest = func.greatest(conversations.c.updated_at, moment(event.at))
                await connection.execute(
                    update(conversations).where(conversations.c.id == event.chat).values(updated_at=newest)
                )

    async def require(self, user: str, chat: str) -> None:
        async with self._database.transaction() as connection:
            await _owned(connection, user, chat)

    async def conversations(self, user: str, *, limit: int, cursor: str = "") -> ConversationPage:
        query = select(conversations).where(conversations.c.user_id == user)
        key = tuple_(conversations.c.updated_at, conversations.c.id)
        if cursor:
            query = query.where(key < tuple_(*decode_cursor(cursor)))
        query = query.order_by(conversations.c.updated_at.desc(), conversations.c.id.desc()).limit(limit + 1)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).all()
        more = len(rows) > limit
        last = rows[limit - 1] if more else None
        return ConversationPage(
            tuple(_conversation(row) for row in rows[:limit]),
            encode_cursor(last.updated_at, last.id) if last else "",
        )

    async def read(self, user: str, chat: str) -> Transcript:
        told = (messages.c.conversation_id == chat) & (messages.c.status != "running")
        async with self._database.transaction() as connection:
            conversation = await _owned(connection, user, chat)
            query = select(messages).where(told).order_by(messages.c.position.desc()).limit(MESSAGES_READ)
            rows = (await connection.execute(query)).mappings().all()
        return Transcript(conversation, tuple(_message(row) for row in reversed(rows)))

    async def rename(self, user: str, chat: str, title: str) -> Conversation:
        owned = (conversations.c.id == chat) & (conversations.c.user_id == user)
        async with self._database.transaction() as connection:
            await connection.execute(update(conversations).where(owned).values(title=title))
            return await _owned(connection, user, chat)

    async def delete(self, user: str, chat: str, record: AuditRecord) -> None:
        owned = (conversations.c.id == chat) & (conversations.c.user_id == user)
        async with self._database.transaction() as connection:
            gone = await connection.execute(delete(conversations).where(owned))
            if not gone.rowcount:
                raise _not_found()
            await put(connection, record)


def _not_found() -> NotFound:
    return NotFound("There is no such conversation.")


async def _owned(connection: AsyncConnection, user: str, chat: str) -> Conversation:
    owned = (conversations.c.id == chat) & (conversations.c.user_id == user)
    row = (await connection.execute(select(conversations).where(owned))).one_or_none()
    if row is None:
        raise _not_found()
    return _conversation(row)


async def _lock(connection: AsyncConnection, user: str, chat: str) -> None:
    owned = (conversations.c.id == chat) & (conversations.c.user_id == user)
    found = await connection.execute(select(conversations.c.id).where(owned).with_for_update())
    if found.one_or_none() is None:
        raise _not_found()


def _answer(event: ChatCompleted) -> dict[str, object]:
    """The first choice, as the chat shows no other."""
    first = event.answers[0] if event.answers else None
    sources: list[object] = [msgspec.to_builtins(passage) for passage in event.passages]
    return {
        "status": _status(event),
        "text": _storable(first.text if first else ""),
        "reasoning": _storable(first.reasoning if first else ""),
        "sources": sources,
        "model": event.model,
        "error": _storable(event.failure.message) if isinstance(event, ChatFailed) else "",
        "prompt_tokens": event.usage.prompt_tokens,
        "completion_tokens": event.usage.completion_tokens,
        "created_at": moment(event.at),
    }


def _status(event: ChatCompleted) -> str:
    if isinstance(event, ChatFailed):
        return "failed"
    return "cancelled" if isinstance(event, ChatCancelled) else "complete"


def _storable(text: str) -> str:
    """A model may generate NUL, which PostgreSQL's text cannot hold."""
    return text.replace("\0", "\ufffd")


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(row.id, row.title, row.created_at.timestamp(), row.updated_at.timestamp())


def _message(row: Mapping[Any, Any]) -> StoredMessage:
    return StoredMessage(
        id=row["id"],
        role=row["role"],
        text=row["text"],
        created_at=row["created_at"].timestamp(),
        status=row["status"],
        reasoning=row["reasoning"],
        sources=msgspec.convert(row["sources"], tuple[Passage, ...]),
        model=row["model"],
        error=row["error"],
    )
