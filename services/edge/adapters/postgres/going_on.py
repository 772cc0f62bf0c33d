"""An answer whose calls have had their results: these are stored with it, and it may go on. In the caller's
transaction, in which its conversation is locked."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Text, bindparam, cast, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.shelf import kept, not_found
from services.edge.adapters.postgres.tables import conversations, messages
from services.edge.domain.conversations import Beginning, GoingOn
from services.edge.domain.parts import Outcomes, Parts, stored, waits_for_results, with_outcomes
from shared.errors import Conflict, InvalidRequest
from shared.messages import Passage

COLUMNS = (messages.c.id, messages.c.status, messages.c.parts, messages.c.sources)
HOLDS_CALL = text(
    "messages.parts @> jsonb_build_array(jsonb_build_object('toolCallId', CAST(:call AS text)))"
)


async def begin(connection: AsyncConnection, going: GoingOn) -> Beginning:
    """Raises `NotFound`, `InvalidRequest` or `Conflict`."""
    mine = select(conversations.c.id).where(kept(going.user), conversations.c.id == going.chat)
    if await connection.scalar(mine.with_for_update()) is None:
        raise not_found()
    row = await _answer(connection, going.chat, going.outcomes)
    if row is None:
        raise InvalidRequest("There is no such answer to go on with.", param="messageId")
    if row["status"] == "running":
        raise Conflict("The answer is still being written.")
    parts = parts_in(row)
    if not waits_for_results(parts):
        raise InvalidRequest("The answer has no calls whose results it waits for.", param="messages")
    values = {"status": "running", "request": going.request, "error": "", "error_code": ""}
    await _store(connection, going.chat, row["id"], with_outcomes(parts, going.outcomes.each), values)
    return Beginning(row["id"], msgspec.convert(row["sources"], tuple[Passage, ...]))


async def keep(connection: AsyncConnection, chat: str, outcomes: Outcomes) -> None:
    """Results that came before a question; of an answer that we do not have they are nobody's."""
    row = await _answer(connection, chat, outcomes)
    if row is None or row["status"] == "running":
        return
    parts = parts_in(row)
    if (told := with_outcomes(parts, outcomes.each)) != parts:
        await _store(connection, chat, row["id"], told, {})


async def beginning(connection: AsyncConnection, user: str, chat: str, message_id: str) -> Parts:
    """Raises `NotFound`."""
    mine = select(conversations.c.id).where(kept(user), conversations.c.id == chat)
    held = select(messages.c.parts).where(messages.c.conversation_id.in_(mine), messages.c.id == message_id)
    row = (await connection.execute(held)).mappings().one_or_none()
    if row is None:
        raise not_found()
    return parts_in(row)


def parts_in(row: Mapping[Any, Any]) -> Parts:
    return msgspec.convert(row["parts"], Parts)


async def _answer(connection: AsyncConnection, chat: str, outcomes: Outcomes) -> Mapping[Any, Any] | None:
    found = select(*COLUMNS).where(messages.c.conversation_id == chat, messages.c.role == "assistant")
    values: dict[str, str] = {}
    if outcomes.answer:
        found = found.where(messages.c.id == outcomes.answer)
    else:
        found = found.where(HOLDS_CALL)
        values["call"] = outcomes.each[-1].call if outcomes.each else ""
    newest = found.order_by(messages.c.position.desc()).limit(1)
    return (await connection.execute(newest, values)).mappings().one_or_none()


async def _store(
    connection: AsyncConnection, chat: str, id: str, parts: Parts, values: dict[str, str]
) -> None:
    row = (messages.c.conversation_id == chat) & (messages.c.id == id)
    told = cast(bindparam("told", stored(parts), Text), JSONB)
    await connection.execute(update(messages).where(row).values(**values, parts=told))
