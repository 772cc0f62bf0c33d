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

from services.retriever.adapters.postgres import Database, PostgresCatalog, search
from services.retriever.adapters.postgres.search import SEARCH_SETTINGS, rankings
from services.retriever.domain.words import asked
from services.retriever.migrations.__main__ import migrate
from shared.errors import Unavailable
from tests.proxy import proxied

ROWS = 4000
SHARE = 100
"""The small user has one row in so many."""

FILL = """
INSERT INTO retriever.documents (id, user_id, title, media_type, size, status, created_at, passages)
VALUES ('big', 'big', 'Big', 'text/plain', 1, 'ready', now(), {rows} - {rows} / {share}),
       ('small', 'small', 'Small', 'text/plain', 1, 'ready', now(), {rows} / {share});
INSERT INTO retriever.passages (document_id, number, user_id, text, start_offset, end_offset, embedding, words)
SELECT owner, n, owner, 'Passage ' || n, 0, 9, embedding::vector,
       array_to_tsvector(ARRAY['passage', n::text, 'part' || (n - 1) / 400]) FROM (
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
        found = await catalog.search("small", any_vector(seed), asked(f"part{seed}"), 10)
        assert [len(found.by_meaning), len(found.by_words)] == [10, ROWS // SHARE // 10]
        for ranking in (found.by_meaning, found.by_words):
            assert {passage.document for passage in ranking} == {"small"}
            scores = [passage.score for passage in ranking]
            assert scores == sorted(scores, reverse=True)
    async with engine.begin() as connection:
        without = (await connection.execute(rankings("small", any_vector(0), (), 10))).all()
        plan = await plan_of(connection, any_vector(0))
    assert len(without) < 10, "the filter was not after the scan: this test shows nothing"
    assert "passages_nearest" in plan
    await database.close()


async def plan_of(connection: AsyncConnection, vector: bytes) -> str:
    await connection.execute(SEARCH_SETTINGS)
    query = rankings("small", vector, (), 10).compile(
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


async def test_passages_from_before_there_were_words_get_theirs(engine: AsyncEngine, database_url: str):
    async with engine.begin() as connection:
        for statement in FILL.format(rows=2, share=2).strip().split(";\n")[:2]:
            await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql(
            "UPDATE retriever.passages SET text = '七号水泵 P-7' WHERE number = 2"
        )
        await connection.exec_driver_sql("ALTER TABLE retriever.passages DROP COLUMN words")
        await connection.exec_driver_sql("UPDATE retriever.alembic_version SET version_num = '0001'")
    await migrate(database_url)
    async with engine.begin() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT tsvector_to_array(words) FROM retriever.passages ORDER BY number"
        )
        assert [set(row) for row in rows.scalars()] == [{"passage", "1"}, {"七号", "号水", "水泵", "p-7"}]
        await connection.exec_driver_sql("SELECT 'retriever.passages_words'::regclass")


async def test_words_of_which_there_are_too_many_tell_nothing(
    engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(search, "COMMON_PASSAGES", 100)
    async with engine.begin() as connection:
        for statement in FILL.format(rows=300, share=3).strip().split(";\n"):
            await connection.exec_driver_sql(statement)
    database = Database.at(database_url, connections=1, deadline_s=5.0)
    catalog = PostgresCatalog(database)
    assert len((await catalog.search("small", any_vector(0), asked("passage"), 50)).by_words) == 50
    assert (await catalog.search("big", any_vector(0), asked("passage"), 50)).by_words == []
    one = (await catalog.search("big", any_vector(0), asked("passage 7"), 50)).by_words
    assert [(passage.text, passage.score) for passage in one] == [("Passage 7", 1.0)]
    await database.close()


async def test_a_passage_cannot_belong_to_another_than_its_document(engine: AsyncEngine):
    async with engine.begin() as connection:
        await connection.exec_driver_sql(FILL.format(rows=2, share=2).split(";\n", maxsplit=1)[0])
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
