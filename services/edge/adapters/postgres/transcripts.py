"""What was said in a conversation, the newest messages first where there are very many."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.cursor import decode_cursor, encode_cursor
from services.edge.adapters.postgres.going_on import parts_in
from services.edge.adapters.postgres.tables import messages
from services.edge.domain.conversations import Conversation, StoredMessage, Transcript
from services.edge.domain.parts import Parts, said
from shared.messages import Passage

MESSAGES_READ = 4_000
"""A page."""

PAGE_BYTES = 16 * 1024 * 1024
"""The same, as they lie in the table: pictures are among them. One message comes in any case."""

SIZE = sum(
    (func.pg_column_size(messages.c[name]) for name in ("text", "reasoning", "sources", "parts")),
    start=literal(0),
)
COLUMNS = tuple(column for column in messages.c if column.name not in ("words", "request", "conversation_id"))


async def read(
    connection: AsyncConnection, conversation: Conversation, limit: int, cursor: str
) -> Transcript:
    chat = messages.c.conversation_id == conversation.id
    newest_first = messages.c.position.desc()
    sized = select(
        *COLUMNS,
        func.row_number().over(order_by=newest_first).label("place"),
        func.sum(SIZE).over(order_by=newest_first).label("size"),
        func.count().over().label("total"),
    ).where(chat, messages.c.status != "running")
    if cursor:
        sized = sized.where(messages.c.position < decode_cursor(cursor, tuple[int])[0])
    those = sized.subquery()
    fits = (those.c.place == 1) | ((those.c.place <= limit) & (those.c.size <= PAGE_BYTES))
    told = select(those).where(fits).order_by(those.c.position.desc())
    rows = (await connection.execute(told)).mappings().all()
    more = bool(rows) and len(rows) < rows[0]["total"]
    return Transcript(
        conversation,
        tuple(_message(row) for row in reversed(rows)),
        await _current(connection, conversation.id),
        encode_cursor(rows[-1]["position"]) if more else "",
    )


async def _current(connection: AsyncConnection, chat: str) -> str:
    shown = case((messages.c.status == "running", messages.c.parent), else_=messages.c.id)
    newest = select(shown).where(messages.c.conversation_id == chat)
    return await connection.scalar(newest.order_by(messages.c.position.desc()).limit(1)) or ""


def _message(row: Mapping[Any, Any]) -> StoredMessage:
    return StoredMessage(
        id=row["id"],
        parent=row["parent"],
        role=row["role"],
        text=row["text"],
        created_at=row["created_at"].timestamp(),
        status=row["status"],
        reasoning=row["reasoning"],
        sources=msgspec.convert(row["sources"], tuple[Passage, ...]),
        model=row["model"],
        error=row["error"],
        error_code=row["error_code"],
        parts=_parts(row),
    )


def _parts(row: Mapping[Any, Any]) -> Parts:
    """An answer has them written out where there is more than text and reasoning."""
    held = parts_in(row)
    if row["role"] == "user":
        return (*held, *said(row["text"]))
    return held or said(row["text"], row["reasoning"])
