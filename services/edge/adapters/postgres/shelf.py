"""A user's conversations as a whole: listed, titled, pinned, deleted for a while. Each in the caller's transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.cursor import decode_cursor, encode_cursor
from services.edge.adapters.postgres.tables import conversations, messages
from services.edge.domain.conversations import Conversation, ConversationPage
from services.edge.domain.words import lexemes
from shared.database import moment
from shared.errors import NotFound

COLUMNS: tuple[Column[Any], ...] = (
    conversations.c.id,
    conversations.c.title,
    conversations.c.created_at,
    conversations.c.updated_at,
    conversations.c.pinned,
)


def not_found() -> NotFound:
    return NotFound("There is no such conversation.")


def conversation_of(row: Row[Any]) -> Conversation:
    return Conversation(row.id, row.title, row.created_at.timestamp(), row.updated_at.timestamp(), row.pinned)


def kept(user: str) -> ColumnElement[bool]:
    """Those of a user's that are not deleted."""
    return (conversations.c.user_id == user) & conversations.c.deleted_at.is_(None)


async def owned(connection: AsyncConnection, user: str, chat: str) -> Conversation:
    query = select(*COLUMNS).where(kept(user), conversations.c.id == chat)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise not_found()
    return conversation_of(row)


async def page(
    connection: AsyncConnection, user: str, limit: int, cursor: str, pinned: bool | None
) -> ConversationPage:
    query = select(*COLUMNS).where(kept(user))
    if pinned is not None:
        query = query.where(conversations.c.pinned if pinned else ~conversations.c.pinned)
    if cursor:
        key = tuple_(conversations.c.updated_at, conversations.c.id)
        query = query.where(key < tuple_(*decode_cursor(cursor, tuple[datetime, str])))
    query = query.order_by(conversations.c.updated_at.desc(), conversations.c.id.desc()).limit(limit + 1)
    rows = (await connection.execute(query)).all()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return ConversationPage(
        tuple(conversation_of(row) for row in rows[:limit]),
        encode_cursor(last.updated_at, last.id) if last else "",
    )


async def update_one(
    connection: AsyncConnection, user: str, chat: str, title: str | None, pinned: bool | None
) -> Conversation:
    values: dict[str, object] = {}
    if title is not None:
        words = func.array_to_tsvector(lexemes(user, title))
        values |= {"title": title, "title_by": "user", "words": words}
    if pinned is not None:
        values["pinned"] = pinned
    changed = update(conversations).where(kept(user), conversations.c.id == chat).values(values)
    row = (await connection.execute(changed.returning(*COLUMNS))).one_or_none()
    if row is None:
        raise not_found()
    return conversation_of(row)


async def put_away(connection: AsyncConnection, user: str, chat: str, at: float) -> tuple[str, ...]:
    """Returns the requests of answers that are being written in it."""
    away = update(conversations).where(kept(user), conversations.c.id == chat).values(deleted_at=moment(at))
    if not (await connection.execute(away)).rowcount:
        raise not_found()
    running = select(messages.c.request).where(
        messages.c.conversation_id == chat, messages.c.status == "running"
    )
    return tuple((await connection.execute(running)).scalars().all())


async def take_back(connection: AsyncConnection, user: str, chat: str) -> tuple[Conversation, bool]:
    """Whether it was deleted, too."""
    mine = (conversations.c.user_id == user) & (conversations.c.id == chat)
    back = update(conversations).where(mine, conversations.c.deleted_at.is_not(None)).values(deleted_at=None)
    was_deleted = bool((await connection.execute(back)).rowcount)
    return await owned(connection, user, chat), was_deleted
