"""Conversations in PostgreSQL.

Who writes to a conversation locks its row first, so that turns and answers happen one after another.
An answer's place is a row with the status `running`, which readers do not see.
"""

from services.edge.adapters.postgres import answers, going_on, search, shelf, titles, transcripts, trash
from services.edge.adapters.postgres.outbox import put
from services.edge.adapters.postgres.turns import begin, words_of
from services.edge.domain.conversations import (
    Beginning,
    Conversation,
    ConversationPage,
    FoundPage,
    GoingOn,
    Transcript,
    Turn,
)
from services.edge.domain.parts import Parts
from services.edge.domain.words import Sought
from shared.database import Database
from shared.messages import AuditRecord, ChatCompleted


class PostgresHistory:
    def __init__(self, database: Database, messages_read: int = transcripts.MESSAGES_READ) -> None:
        self._database = database
        self._messages_read = messages_read

    async def begin_turn(self, turn: Turn) -> None:
        async with self._database.transaction() as connection:
            await begin(connection, turn)

    async def go_on(self, going: GoingOn) -> Beginning:
        async with self._database.transaction() as connection:
            return await going_on.begin(connection, going)

    async def beginning(self, user: str, chat: str, message_id: str) -> Parts:
        async with self._database.transaction() as connection:
            return await going_on.beginning(connection, user, chat, message_id)

    async def finish_turn(self, event: ChatCompleted) -> bool:
        row = answers.row_of(event)
        words = await words_of(event.user, str(row["text"]))
        async with self._database.transaction() as connection:
            return await answers.finish(connection, event, row, words)

    async def require(self, user: str, chat: str) -> None:
        async with self._database.transaction() as connection:
            await shelf.owned(connection, user, chat)

    async def conversations(
        self, user: str, *, limit: int, cursor: str = "", pinned: bool | None = None
    ) -> ConversationPage:
        async with self._database.transaction() as connection:
            return await shelf.page(connection, user, limit, cursor, pinned)

    async def read(self, user: str, chat: str, *, cursor: str = "") -> Transcript:
        async with self._database.transaction() as connection:
            conversation = await shelf.owned(connection, user, chat)
            return await transcripts.read(connection, conversation, self._messages_read, cursor)

    async def search(self, user: str, sought: Sought, *, limit: int, cursor: str = "") -> FoundPage:
        async with self._database.transaction() as connection:
            return await search.search(connection, user, sought, limit, cursor)

    async def update(
        self, user: str, chat: str, *, title: str | None = None, pinned: bool | None = None
    ) -> Conversation:
        async with self._database.transaction() as connection:
            return await shelf.update_one(connection, user, chat, title, pinned)

    async def delete(self, user: str, chat: str, record: AuditRecord) -> tuple[str, ...]:
        async with self._database.transaction() as connection:
            running = await shelf.put_away(connection, user, chat, record.at)
            await put(connection, record)
        return running

    async def restore(self, user: str, chat: str, record: AuditRecord) -> Conversation:
        async with self._database.transaction() as connection:
            conversation, was_deleted = await shelf.take_back(connection, user, chat)
            if was_deleted:
                await put(connection, record)
        return conversation

    async def claim_title(self, user: str, chat: str, request: str) -> str | None:
        async with self._database.transaction() as connection:
            return await titles.claim(connection, user, chat, request)

    async def entitle(self, user: str, chat: str, title: str) -> None:
        async with self._database.transaction() as connection:
            await titles.entitle(connection, user, chat, title)

    async def running_in_deleted(self, limit: int) -> tuple[str, ...]:
        async with self._database.transaction() as connection:
            return await trash.running(connection, limit)

    async def purge(self, before: float) -> bool:
        async with self._database.transaction() as connection:
            return await trash.purge(connection, before)
