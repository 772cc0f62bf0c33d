"""A question stored in two statements: a burst of questions waits for this more than for anything else.

The first makes the conversation or locks it, the second does the rest. They cannot be one: a statement does not see
what others commit while it waits for a lock.
"""

import asyncio

from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.edge.adapters.postgres.going_on import keep
from services.edge.domain.conversations import Turn
from services.edge.domain.parts import kept_files, stored
from services.edge.domain.words import lexemes
from shared.database import moment
from shared.errors import InvalidRequest, NotFound

LONG_TEXT = 20_000
"""Characters from which on a text's words are looked for beside the event loop."""
NEAREST = 32
"""Messages before the question among which a known one is looked for."""

OPEN = text(
    """
    INSERT INTO edge.conversations AS known (id, user_id, title, title_by, words, created_at, updated_at)
    VALUES (:chat, :user, :title, 'question', array_to_tsvector(:words), :at, :at)
    ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at
    WHERE known.user_id = excluded.user_id AND known.deleted_at IS NULL
    RETURNING id
    """
).bindparams(bindparam("words", type_=ARRAY(Text)))
"""No row: the conversation is another user's, or deleted."""

PLACE = text(
    """
    WITH RECURSIVE known AS (
        SELECT role, text, parts FROM edge.messages WHERE conversation_id = :chat AND id = :question
    ),
    replaced AS (
        SELECT FROM known
        WHERE NOT (CAST(:beside AS boolean) AND text = :text AND parts = CAST(CAST(:files AS text) AS jsonb))
    ),
    below AS (
        SELECT id FROM edge.messages
        WHERE conversation_id = :chat AND parent = :question AND EXISTS (SELECT FROM replaced)
        UNION ALL
        SELECT child.id FROM below
        JOIN edge.messages AS child ON child.conversation_id = :chat AND child.parent = below.id
    ),
    removed AS (
        DELETE FROM edge.messages USING below WHERE conversation_id = :chat AND messages.id = below.id
    ),
    edited AS (
        UPDATE edge.messages SET text = :text, words = array_to_tsvector(:words),
        parts = CAST(CAST(:files AS text) AS jsonb)
        WHERE conversation_id = :chat AND id = :question AND EXISTS (SELECT FROM replaced)
    ),
    newest AS (
        SELECT id, position FROM edge.messages WHERE conversation_id = :chat ORDER BY position DESC LIMIT 1
    ),
    free AS (SELECT coalesce(max(position) + 1, 0) AS position FROM newest),
    sent AS (
        SELECT said.id, place, role FROM unnest(:before) WITH ORDINALITY AS told (id, place)
        JOIN edge.messages AS said ON said.conversation_id = :chat AND said.id = told.id
        ORDER BY place LIMIT 1
    ),
    answered AS (
        SELECT said.id FROM sent
        JOIN edge.messages AS said ON said.conversation_id = :chat AND said.parent = sent.id
        WHERE sent.place > 1 AND sent.role = 'user' AND said.role = 'assistant'
        ORDER BY position DESC LIMIT 1
    ),
    previous AS (
        SELECT CASE WHEN CAST(:begins AS boolean) THEN ''
        ELSE coalesce((SELECT id FROM answered), (SELECT id FROM sent), (SELECT id FROM newest), '') END AS id
    ),
    added AS (
        SELECT :question AS id, previous.id AS parent, position, 'user' AS role, 'complete' AS status, :text AS text,
        array_to_tsvector(:words) AS words, NULL AS request, CAST(CAST(:files AS text) AS jsonb) AS parts
        FROM free, previous WHERE NOT EXISTS (SELECT FROM known)
        UNION ALL
        SELECT :answer, :question, position + 1, 'assistant', 'running', '', '', :request, '[]' FROM free
    )
    INSERT INTO edge.messages (
        conversation_id, id, parent, position, role, status, text, words, request, parts, created_at,
        reasoning, sources, model, error, prompt_tokens, completion_tokens
    )
    SELECT :chat, id, parent, position, role, status, text, words, request, parts, :at, '', '[]', '', '', 0, 0
    FROM added
    RETURNING (SELECT role FROM known)
    """
).bindparams(bindparam("words", type_=ARRAY(Text)), bindparam("before", type_=ARRAY(Text)))
"""The role of a question that was there; NULL for a new one. New messages come after all that were ever there:
what is removed is still in the way while the statement runs.

A message that the client has under another id than we do, as some do with answers, is passed over (`sent`); the newest
answer to the question before it stands in (`answered`)."""


async def begin(connection: AsyncConnection, turn: Turn) -> None:
    """In the caller's transaction. Raises `NotFound` or `InvalidRequest`."""
    at = moment(turn.at)
    words = await words_of(turn.user, turn.text)
    opened = await connection.scalar(
        OPEN,
        {
            "chat": turn.chat,
            "user": turn.user,
            "title": turn.title,
            "words": lexemes(turn.user, turn.title),
            "at": at,
        },
    )
    if opened is None:
        raise NotFound("There is no such conversation.")
    if turn.outcomes is not None:
        await keep(connection, turn.chat, turn.outcomes)
    place = {
        "chat": turn.chat,
        "question": turn.question_id,
        "text": turn.text,
        "words": words,
        "files": stored(kept_files(turn.files)),
        "answer": turn.message_id,
        "request": turn.request,
        "before": list((turn.before or ())[:NEAREST]),
        "begins": turn.before == (),
        "beside": turn.beside,
        "at": at,
    }
    if await connection.scalar(PLACE, place) == "assistant":
        raise InvalidRequest("This is the id of an answer.", param="messageId")


async def words_of(user: str, text: str) -> list[str]:
    if len(text) < LONG_TEXT:
        return lexemes(user, text)
    return await asyncio.to_thread(lexemes, user, text)
