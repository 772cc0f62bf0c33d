"""Recording, on the log in memory."""

import pytest

from services.audit.usecases import Recorder
from shared.errors import Unavailable
from shared.messages import AuditRecord
from tests.fakes.audit import MemoryLedger


def record(number: int) -> AuditRecord:
    return AuditRecord(f"r{number}", float(number), "ada", "chat.start")


async def test_counts_from_one_and_stores_a_record_once() -> None:
    recorder = Recorder(MemoryLedger())
    assert [await recorder.record(record(n)) for n in (1, 2, 1, 3)] == [1, 2, None, 3]


async def test_is_not_available_until_the_ledger_has_answered() -> None:
    ledger = MemoryLedger()
    recorder = Recorder(ledger)
    assert not recorder.available
    await recorder.probe()
    assert recorder.available


async def test_says_so_when_the_ledger_goes_away_and_when_it_returns() -> None:
    ledger = MemoryLedger()
    recorder = Recorder(ledger)
    await recorder.record(record(1))
    ledger.away = True
    with pytest.raises(Unavailable):
        await recorder.record(record(2))
    assert not recorder.available
    ledger.away = False
    assert await recorder.record(record(2)) == 2
    assert recorder.available
