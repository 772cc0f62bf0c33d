"""What only a real PostgreSQL shows: the index under a filter, migrations, and outages."""

import asyncio
import random
import struct
import time
from collections.abc import AsyncGenerator
from typing import Literal
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.retriever.adapters.postgres import Database, PostgresCatalog
from services.retriever.adapters.postgres.catalog import SEARCH_SETTINGS, nearest
from services.retriever.migrations.__main__ import migrate
from shared.errors import Unavailable
from tests.proxy import proxied

ROWS = 4000
SHARE = 100
"""The small user has one row in so many."""

FILL = """
INSERT INTO retriever.documents (id, user_id, title, media_type, size, status, created_at)
VALUES ('big', 'big', 'Big', 'text/plain', 1, 'ready', now()),
       ('small', 'small', 'Small', 'text/plain', 1, 'ready', now());
INSERT INTO retriever.passages (document_id, number, user_id, text, start_offset, end_offset, embedding)
SELECT owner, n, owner, 'Passage ' || n, 0, 9, embedding::vector FROM (
    SELECT n, CASE WHEN n % {share} = 0 THEN 'small' ELSE 'big' END AS owner,
           array_agg(random() - 0.5)::real[] AS embedding
    FROM generate_series(1, {rows}) AS n, generate_series(1, 384) GROUP BY n) AS rows;
ANALYZE retriever.passages;
"""


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncGenerator[AsyncEngine]:
    await migrate(database_url)
    engine = create_async_engine(database_url)
    yield engine
    await engine.dispose()


def any_vector(seed: int) -> bytes:
    numbers = random.Random(seed)
    return struct.pack("<384f", *(numbers.random() - 0.5 for _ in range(384)))


async def only_the_nearest_index(engine: AsyncEngine) -> None:
    """Sets the scene: as with millions of rows, where the planner prefers HNSW to reading a user's rows."""
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DROP INDEX retriever.passages_nearest")
        for statement in FILL.format(rows=ROWS, share=SHARE).strip().split(";\n"):
            await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql(
            "CREATE INDEX passages_nearest ON retriever.passages USING hnsw (embedding vector_cosine_ops)"
        )
        await connection.exec_driver_sql("DROP INDEX retriever.passages_of_user")
        database = (await connection.exec_driver_sql("SELECT current_database()")).scalar_one()
        await connection.exec_driver_sql(f"ALTER DATABASE {database} SET enable_seqscan = off")
        await connection.exec_driver_sql(f"ALTER DATABASE {database} SET enable_sort = off")


async def test_a_user_with_one_row_in_a_hundred_gets_ten_passages(engine: AsyncEngine, database_url: str):
    await only_the_nearest_index(engine)
    await engine.dispose()  # the settings hold for new connections
    database = Database.at(database_url, connections=1, deadline_s=20.0)
    catalog = PostgresCatalog(database)
    for seed in range(3):
        found = await catalog.search("small", any_vector(seed), 10)
        assert len(found) == 10
        assert {passage.document for passage in found} == {"small"}
        scores = [passage.score for passage in found]
        assert scores == sorted(scores, reverse=True)
    async with engine.begin() as connection:
        without = (await connection.execute(nearest("small", any_vector(0), 10))).all()
        plan = await plan_of(connection, any_vector(0))
    assert len(without) < 10, "the filter was not after the scan: this test shows nothing"
    assert "passages_nearest" in plan
    await database.close()


async def plan_of(connection: AsyncConnection, vector: bytes) -> str:
    await connection.execute(SEARCH_SETTINGS)
    query = nearest("small", vector, 10).compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    rows = (await connection.exec_driver_sql(f"EXPLAIN {query}")).scalars()
    return "\n".join(str(row) for row in rows)


async def test_migrations_run_twice_and_at_once(database_url: str):
    await asyncio.gather(migrate(database_url), migrate(database_url), migrate(database_url))
    await migrate(database_url)
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        versions = (await connection.execute(text("SELECT version_num FROM retriever.alembic_version"))).all()
        public = (
            await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        ).all()
    await engine.dispose()
    assert len(versions) == 1
    assert public == []


async def test_a_passage_cannot_belong_to_another_than_its_document(engine: AsyncEngine):
    async with engine.begin() as connection:
        await connection.exec_driver_sql(FILL.split(";\n", maxsplit=1)[0])
    values = "'big', 1, 'small', 'text', 0, 4, array_fill(1, ARRAY[384])::vector"
    with pytest.raises(IntegrityError, match="passages_owner"):
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"INSERT INTO retriever.passages VALUES ({values})")


async def test_a_database_without_tables_is_unavailable(database_url: str):
    database = Database.at(database_url, connections=1, deadline_s=1.8)
    with pytest.raises(Unavailable, match="not set up"):
        await PostgresCatalog(database).get("ada", "d1")
    await database.close()


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_an_outage_is_told_within_two_seconds_and_is_over_when_it_is(
    engine: AsyncEngine, database_url: str, how: Literal["gone", "silent"]
):
    port = urlsplit(database_url).port or 0
    async with proxied(port) as proxy:
        url = database_url.replace(f":{port}", f":{proxy.port}")
        database = Database.at(url, connections=2, deadline_s=1.8)
        catalog = PostgresCatalog(database)
        assert (await catalog.list("ada", 10, "")).documents == ()
        await proxy.become(how)
        asked = [asyncio.create_task(timed(catalog)) for _ in range(6)]  # more than there are connections
        assert max(await asyncio.gather(*asked)) < 2.2
        assert await timed(catalog) < 2.2
        await proxy.become("passing")
        async with asyncio.timeout(5):
            while True:
                try:
                    assert (await catalog.list("ada", 10, "")).documents == ()
                    break
                except Unavailable:
                    await asyncio.sleep(0.05)
        await database.close()


async def timed(catalog: PostgresCatalog) -> float:
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await catalog.list("ada", 10, "")
    return time.monotonic() - began


async def test_a_lock_that_is_held_too_long_is_unavailable_not_a_hang(engine: AsyncEngine, database_url: str):
    database = Database.at(database_url, connections=1, deadline_s=0.5)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("LOCK TABLE retriever.documents IN ACCESS EXCLUSIVE MODE")
        assert await timed(PostgresCatalog(database)) < 1.5
    assert (await PostgresCatalog(database).list("ada", 10, "")).documents == ()
    await database.close()
