"""A question stored in two statements: a burst of questions waits for this more than for anything else.

The first makes the conversation or locks it, the second does the rest. They cannot be one: a statement does not see
what others commit while it waits for a lock.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.domain.conversations import Turn
from shared.database import moment
from shared.errors import InvalidRequest, NotFound

OPEN = text(
    """
    INSERT INTO edge.conversations AS known (id, user_id, title, created_at, updated_at)
    VALUES (:chat, :user, :title, :at, :at)
    ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at WHERE known.user_id = excluded.user_id
    RETURNING id
    """
)
"""No row: the conversation is another user's."""

PLACE = text(
    """
    WITH here AS (SELECT id, position, role FROM edge.messages WHERE conversation_id = :chat),
    known AS (SELECT position, role FROM here WHERE id = :question),
    edited AS (
        UPDATE edge.messages SET text = :text WHERE conversation_id = :chat AND id = :question
    ),
    removed AS (
        DELETE FROM edge.messages USING known
        WHERE conversation_id = :chat AND messages.position > known.position
    ),
    free AS (SELECT coalesce(max(position) + 1, 0) AS position FROM here),
    added AS (
        SELECT :question AS id, position, 'user' AS role, 'complete' AS status, :text AS text, NULL AS request
        FROM free WHERE NOT EXISTS (SELECT FROM known)
        UNION ALL
        SELECT :answer, position + 1, 'assistant', 'running', '', :request FROM free
    )
    INSERT INTO edge.messages (
        conversation_id, id, position, role, status, text, request, created_at,
        reasoning, sources, model, error, prompt_tokens, completion_tokens
    )
    SELECT :chat, id, position, role, status, text, request, :at, '', '[]', '', '', 0, 0 FROM added
    RETURNING (SELECT role FROM known)
    """
)
"""The role of a question that was there; NULL for a new one. New messages come after all that were ever there:
what is removed is still in the way while the statement runs."""


async def begin(connection: AsyncConnection, turn: Turn) -> None:
    """In the caller's transaction. Raises `NotFound` or `InvalidRequest`."""
    at = moment(turn.at)
    opened = await connection.scalar(
        OPEN, {"chat": turn.chat, "user": turn.user, "title": turn.title, "at": at}
    )
    if opened is None:
        raise NotFound("There is no such conversation.")
    place = {
        "chat": turn.chat,
        "question": turn.question_id,
        "text": turn.text,
        "answer": turn.message_id,
        "request": turn.request,
        "at": at,
    }
    if await connection.scalar(PLACE, place) == "assistant":
        raise InvalidRequest("This is the id of an answer.", param="messageId")
