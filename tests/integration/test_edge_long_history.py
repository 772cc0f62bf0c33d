"""A conversation much longer than all that PostgreSQL has statistics of is read within its deadline all the same."""

from sqlalchemy import text

from services.edge.adapters.postgres import Database
from tests.browser.product import Account, add_user
from tests.browser.stored import store
from tests.histories import opened

SHORT = 150
TURNS = 1_000


async def test_it_is_read_before_postgresql_knows_how_long_it_is(database_url: str) -> None:
    async with opened("postgres", database_url) as history:
        await add_user(Account("ada", "password of ada"), database_url)
        for number in range(SHORT):
            await store(database_url, "ada", f"Short {number}", [("When?", "At six.")] * 2)
        database = Database.at(database_url, connections=1)
        async with database.transaction() as connection:
            await connection.execute(text("ANALYZE edge.messages"))
            user = await connection.scalar(text("SELECT id FROM edge.users WHERE name = 'ada'"))
        await database.close()
        turns = [(f"Question {number}?", "It is opened at six. " * 20) for number in range(TURNS)]
        chat = await store(database_url, "ada", "Long", turns)
        transcript = await history.read(str(user), chat)
    assert [message.text for message in transcript.messages] == [said for turn in turns for said in turn]
