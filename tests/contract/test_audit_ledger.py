"""What every ledger keeps, in memory and in PostgreSQL."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from services.audit.adapters.postgres import PostgresLedger
from services.audit.domain import entry
from services.audit.migrations.__main__ import migrate
from services.audit.ports import Ledger
from shared.messages import AuditRecord
from tests.fakes.audit import MemoryLedger


def record(number: int, actor: str = "ada") -> AuditRecord:
    return AuditRecord(f"r{number}", float(number), actor, "chat.start", detail={"tokens": number})


class AnyLedger:
    ledger: Ledger

    async def test_counts_without_gaps_and_refuses_a_second_of_one_id(self) -> None:
        found = [await self.ledger.append(entry(record(n))) for n in (1, 2, 2, 1, 3)]
        assert found == [1, 2, None, None, 3]

    async def test_the_first_of_one_id_stays(self) -> None:
        assert await self.ledger.append(entry(record(1, "ada"))) == 1
        assert await self.ledger.append(entry(record(1, "eve"))) is None

    async def test_writers_at_once_leave_no_gap(self) -> None:
        places = await asyncio.gather(*(self.ledger.append(entry(record(n))) for n in range(20)))
        assert sorted(place for place in places if place is not None) == list(range(1, 21))

    async def test_answers_a_ping(self) -> None:
        await self.ledger.ping()

    async def test_keeps_what_is_hard_to_keep(self) -> None:
        assert await self.ledger.append(entry(record(1, 'nul\0 quote" 引号 \\u0000 {}'))) == 1


class TestMemoryLedger(AnyLedger):
    @pytest.fixture(autouse=True)
    def _made(self) -> None:
        self.ledger = MemoryLedger()


class TestPostgresLedger(AnyLedger):
    @pytest.fixture(autouse=True)
    async def _made(self, database_url: str) -> AsyncGenerator[None]:
        await migrate(database_url)
        ledger = PostgresLedger.connect(database_url)
        self.ledger = ledger
        yield
        await ledger.close()
