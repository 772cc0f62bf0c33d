"""An answer, stored once in the place that was kept for it. In the caller's transaction."""

from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, Text, case, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.tables import conversations, messages
from services.edge.domain.parts import step_of, stored, waits_for_results
from shared.database import moment
from shared.messages import ChatCancelled, ChatCompleted, ChatFailed


async def finish(
    connection: AsyncConnection, event: ChatCompleted, row: dict[str, object], words: list[str]
) -> bool:
    """Also in a conversation that is deleted, which may be restored."""
    conversation = (conversations.c.id == event.chat) & (conversations.c.user_id == event.user)
    locked = select(conversations.c.title_by).where(conversation).with_for_update()
    title_by = await connection.scalar(locked)
    if title_by is None:
        return False
    waiting = (
        (messages.c.conversation_id == event.chat)
        & (messages.c.request == event.request)
        & (messages.c.status == "running")
    )
    values = {**row, "words": messages.c.words.op("||")(func.array_to_tsvector(words)), **_added(event, row)}
    changed = await connection.execute(update(messages).where(waiting).values(values))
    if not changed.rowcount:
        return False
    newest = func.greatest(conversations.c.updated_at, moment(event.at))
    await connection.execute(update(conversations).where(conversation).values(updated_at=newest))
    return title_by == "question"


def _added(event: ChatCompleted, row: dict[str, object]) -> dict[str, object]:
    """An answer that goes on keeps what there was of it. Its parts are written out only where text and reasoning do
    not say all: where it calls."""
    has_more = func.jsonb_array_length(messages.c.parts) > 0
    step = step_of(event.answers[0]) if event.answers else ()
    calls = stored(step) if waits_for_results(step) else "[]"
    return {
        "text": _joined(messages.c.text, row["text"]),
        "reasoning": _joined(messages.c.reasoning, row["reasoning"]),
        "parts": messages.c.parts.op("||")(case((has_more, _json(stored(step))), else_=_json(calls))),
        "prompt_tokens": messages.c.prompt_tokens + event.usage.prompt_tokens,
        "completion_tokens": messages.c.completion_tokens + event.usage.completion_tokens,
    }


def _joined(held: Column[Any], said: object) -> ColumnElement[str]:
    return func.concat_ws("\n\n", func.nullif(held, ""), func.nullif(said, ""))


def _json(text: str) -> ColumnElement[Any]:
    return cast(literal(text, Text), JSONB)


def row_of(event: ChatCompleted) -> dict[str, object]:
    """The first choice, as the chat shows no other."""
    first = event.answers[0] if event.answers else None
    sources: list[object] = [msgspec.to_builtins(passage) for passage in event.passages]
    failure = event.failure if isinstance(event, ChatFailed) else None
    return {
        "status": _status(event),
        "text": _storable(first.text if first else ""),
        "reasoning": _storable(first.reasoning if first else ""),
        "sources": sources,
        "model": event.model,
        "error": _storable(failure.message) if failure else "",
        "error_code": _storable(failure.code) if failure else "",
        "created_at": moment(event.at),
    }


def _status(event: ChatCompleted) -> str:
    if isinstance(event, ChatFailed):
        return "failed"
    return "cancelled" if isinstance(event, ChatCancelled) else "complete"


def _storable(text: str) -> str:
    """A model may generate NUL, which PostgreSQL's text cannot hold."""
    return text.replace("\0", "\ufffd")
