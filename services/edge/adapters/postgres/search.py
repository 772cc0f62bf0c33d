"""Conversations by the words of their titles and messages: one match each, the newest message that has all of them.

A lexeme begins with a sign of its user's (`domain.words`), so the index is read at this user's words alone.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, DateTime, Row, Text, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.cursor import decode_cursor, encode_cursor
from services.edge.adapters.postgres.shelf import conversation_of
from services.edge.domain.conversations import Found, FoundPage
from services.edge.domain.words import Sought
from shared.errors import Unavailable

TIMEOUT_S = 1.2
CANCELLED = "57014"

LIMIT = text("SELECT set_config('statement_timeout', :timeout_ms, true)")
SEARCH = text(
    """
    WITH asked AS (SELECT CAST(CAST(:lexemes AS text) AS tsquery) AS query),
    hits AS (
        SELECT DISTINCT ON (conversation_id) conversation_id, id AS message_id
        FROM asked, edge.messages
        WHERE words @@ query AND (cardinality(:runs) = 0 OR normalize(text, NFKC) LIKE ALL (:runs))
        ORDER BY conversation_id, position DESC
    ),
    page AS (
        SELECT conversations.id, title, created_at, updated_at, pinned, message_id
        FROM asked, edge.conversations LEFT JOIN hits ON conversation_id = conversations.id
        WHERE user_id = :user AND deleted_at IS NULL
        AND (
            message_id IS NOT NULL
            OR (words @@ query AND (cardinality(:runs) = 0 OR normalize(title, NFKC) LIKE ALL (:runs)))
        )
        AND (:at IS NULL OR (updated_at, conversations.id) < (:at, CAST(:id AS text)))
        ORDER BY updated_at DESC, conversations.id DESC LIMIT :rows
    )
    SELECT page.*, messages.text FROM page
    LEFT JOIN edge.messages ON conversation_id = page.id AND messages.id = message_id
    ORDER BY updated_at DESC, page.id DESC
    """
).bindparams(bindparam("runs", type_=ARRAY(Text)), bindparam("at", type_=DateTime(timezone=True)))


async def search(
    connection: AsyncConnection, user: str, sought: Sought, limit: int, cursor: str
) -> FoundPage:
    """Raises `Unavailable` when it takes too long."""
    at, id = decode_cursor(cursor, tuple[datetime, str]) if cursor else (None, "")
    asked = {
        "lexemes": " & ".join(f"'{word}':*" for word in sought.lexemes),
        "runs": [f"%{run}%" for run in sought.runs],
        "user": user,
        "at": at,
        "id": id,
        "rows": limit + 1,
    }
    await connection.execute(LIMIT, {"timeout_ms": f"{TIMEOUT_S * 1000:.0f}"})
    try:
        rows = (await connection.execute(SEARCH, asked)).all()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == CANCELLED:
            raise Unavailable("The search took too long. More words, or longer ones, find faster.") from error
        raise
    last = rows[limit - 1] if len(rows) > limit else None
    return FoundPage(
        tuple(_found(row) for row in rows[:limit]),
        encode_cursor(last.updated_at, last.id) if last else "",
    )


def _found(row: Row[Any]) -> Found:
    return Found(conversation_of(row), row.message_id or "", row.text if row.message_id else row.title)
