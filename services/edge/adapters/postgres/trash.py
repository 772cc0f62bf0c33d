"""Deleted conversations: what is still written in them, and their end. In the caller's transaction."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.tables import conversations, messages
from shared.database import moment


async def running(connection: AsyncConnection, limit: int) -> tuple[str, ...]:
    query = (
        select(messages.c.request)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(conversations.c.deleted_at.is_not(None), messages.c.status == "running")
        .order_by(conversations.c.deleted_at.desc())
        .limit(limit)
    )
    return tuple((await connection.execute(query)).scalars().all())


async def purge(connection: AsyncConnection, before: float) -> bool:
    """One at a time: it may be long. What another edge purges, or a user restores, at the moment is passed over."""
    oldest = (
        select(conversations.c.id)
        .where(conversations.c.deleted_at <= moment(before))
        .order_by(conversations.c.deleted_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("oldest")
    )
    gone = delete(conversations).where(conversations.c.id.in_(select(oldest.c.id)))
    return bool((await connection.execute(gone)).rowcount)
