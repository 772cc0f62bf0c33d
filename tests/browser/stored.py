"""Conversations of the past by the thousand messages, put straight into the edge's tables as the edge would."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from services.edge.adapters.postgres import Database
from services.edge.adapters.postgres.tables import conversations, messages, users


async def store(database_url: str, user: str, title: str, turns: Sequence[tuple[str, str]]) -> str:
    """Questions and their answers, one branch. The conversation's id."""
    now = datetime.now(UTC)
    chat = uuid.uuid4().hex
    rows: list[dict[str, Any]] = [
        {
            "conversation_id": chat,
            "id": message_id(chat, position),
            "position": position,
            "role": "assistant" if position % 2 else "user",
            "status": "complete",
            "text": text,
            "reasoning": "",
            "sources": [],
            "model": "simulated" if position % 2 else "",
            "error": "",
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "created_at": now,
            "parts": [],
            "parent": message_id(chat, position - 1) if position else "",
            "words": "",
        }
        for position, text in enumerate(text for turn in turns for text in turn)
    ]
    database = Database.at(database_url, connections=1)
    try:
        async with database.transaction() as connection:
            owner = await connection.scalar(select(users.c.id).where(users.c.name == user))
            conversation = {"id": chat, "user_id": owner, "title": title, "title_by": "user", "words": ""}
            times = {"created_at": now, "updated_at": now, "pinned": False}
            await connection.execute(insert(conversations).values(**conversation, **times))
            await connection.execute(insert(messages), rows)
    finally:
        await database.close()
    return chat


def message_id(chat: str, position: int) -> str:
    return f"{chat[:12]}-{position}"
