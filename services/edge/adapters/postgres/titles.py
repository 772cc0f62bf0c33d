"""Titles that a model makes: asked for once, and never over one that somebody chose. In the caller's transaction."""

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.shelf import kept
from services.edge.adapters.postgres.tables import conversations, messages
from services.edge.domain.words import lexemes


async def claim(connection: AsyncConnection, user: str, chat: str, request: str) -> str | None:
    claimed = update(conversations).where(_titled(user, chat, "question")).values(title_by="asked")
    if not (await connection.execute(claimed)).rowcount:
        return None
    answers = messages.alias()
    asked = (
        select(messages.c.text)
        .join(answers, answers.c.parent == messages.c.id)
        .where(
            messages.c.conversation_id == chat,
            answers.c.conversation_id == chat,
            answers.c.request == request,
        )
    )
    return await connection.scalar(asked)


async def entitle(connection: AsyncConnection, user: str, chat: str, title: str) -> None:
    words = func.array_to_tsvector(lexemes(user, title))
    values = {"title": title, "title_by": "engine", "words": words}
    await connection.execute(update(conversations).where(_titled(user, chat, "asked")).values(values))


def _titled(user: str, chat: str, by: str) -> ColumnElement[bool]:
    return kept(user) & (conversations.c.id == chat) & (conversations.c.title_by == by)
