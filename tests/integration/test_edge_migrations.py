"""A history from before branches, brought up to date."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.edge import migrations
from services.edge.adapters.postgres import Database, PostgresHistory
from services.edge.migrations.__main__ import migrate

CHATS = """
    INSERT INTO edge.conversations (id, user_id, title, created_at, updated_at)
    SELECT 'c' || n, 'ada', 'Pump ' || n, now(), now() FROM generate_series(1, 700) AS n
"""
MESSAGES = """
    INSERT INTO edge.messages (
        conversation_id, id, position, role, status, text, reasoning, sources, model, error,
        prompt_tokens, completion_tokens, created_at, request
    )
    SELECT 'c' || chat, 'm' || n, n * 3, 'user', 'complete', '第' || n || '季度 wörter', '', '[]', '', '',
    0, 0, now(), NULL
    FROM generate_series(1, 700) AS chat, generate_series(0, 2) AS n
"""


@pytest.fixture
async def engine(database_url: str) -> AsyncGenerator[AsyncEngine]:
    engine = create_async_engine(database_url)
    yield engine
    await engine.dispose()


def to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes |= {"connection": connection, "schema": "edge"}
    (command.upgrade if revision > "0003" else command.downgrade)(config, revision)


async def test_lines_become_trees_and_their_words_are_found(engine: AsyncEngine, database_url: str) -> None:
    await migrate(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(to, "0003")
        await connection.execute(text(CHATS))
        await connection.execute(text(MESSAGES))
        await connection.run_sync(to, "head")
        found = await connection.scalar(
            text("SELECT count(*) FROM edge.messages WHERE array_length(tsvector_to_array(words), 1) > 0")
        )
    assert found == 2_100
    database = Database.at(database_url, connections=1)
    try:
        transcript = await PostgresHistory(database).read("ada", "c7")
    finally:
        await database.close()
    assert [(message.id, message.parent) for message in transcript.messages] == [
        ("m0", ""),
        ("m1", "m0"),
        ("m2", "m1"),
    ]
    assert transcript.current == "m2"
    assert transcript.conversation.pinned is False
