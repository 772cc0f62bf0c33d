"""A deed and its audit record: with NATS away the deed is done, and its record is stored once when NATS is back."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from services.audit.app import build_app
from services.audit.migrations.__main__ import migrate as migrate_audit
from services.audit.settings import AuditSettings
from services.edge.adapters.nats.audit import BusAudit
from services.edge.adapters.nats.link import Link
from services.edge.adapters.nats.outbox import OutboxSender
from services.edge.adapters.postgres import AuditOutbox, Database, PostgresHistory
from services.edge.domain.conversations import Turn
from services.edge.migrations.__main__ import migrate
from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.errors import NotFound, Unavailable
from shared.messages import AuditRecord
from tests.edge import RunningEdge, add_user, running_edge
from tests.proxy import Proxy, proxied


def record(number: int) -> AuditRecord:
    return AuditRecord(f"r{number}", float(number), "ada", "document.delete", f"d{number}")


class Scene(msgspec.Struct):
    """The edge reaches NATS through the proxy; the audit service has it directly."""

    edge: RunningEdge
    nats: Proxy
    database: Database
    user: str

    async def stored(self) -> list[tuple[str, str]]:
        async with self.database.transaction() as connection:
            rows = await connection.execute(
                text(
                    "SELECT action, resource FROM audit.records WHERE action <> 'user.login' ORDER BY sequence"
                )
            )
            return [(row.action, row.resource) for row in rows]

    async def until_stored(self, expected: list[tuple[str, str]], within_s: float = 15) -> None:
        async with asyncio.timeout(within_s):
            while await self.stored() != expected:
                await asyncio.sleep(0.05)


@pytest.fixture
async def scene(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Scene]:
    ada = await add_user(database_url)
    await migrate_audit(database_url)
    port = int(nats_url.rsplit(":", 1)[1])
    stop = asyncio.Event()
    auditing = asyncio.create_task(
        build_app(AuditSettings(nats_url=nats_url, database_url=database_url)).run(stop)
    )
    database = Database.at(database_url, 2)
    async with proxied(port) as nats:
        url = nats_url.replace(f":{port}", f":{nats.port}")
        async with running_edge(url, database_url, tmp_path) as edge:
            yield Scene(edge, nats, database, ada.id)
    stop.set()
    await auditing
    await database.close()


async def ask(scene: Scene, chat: str) -> None:
    turn = Turn(scene.user, chat, "q1", "Who?", "Who?", 1.0, f"r-{chat}", f"m-{chat}")
    await PostgresHistory(scene.database).begin_turn(turn)


async def test_deleted_while_nats_is_away_and_recorded_once(scene: Scene) -> None:
    headers = await scene.edge.sign_in()
    for chat in ("c1", "c2"):
        await ask(scene, chat)
    await scene.nats.become("gone")
    await asyncio.sleep(0.1)
    for chat, status in (("c1", 204), ("c2", 204), ("c2", 404)):
        answer = await scene.edge.http.delete(f"/v1/conversations/{chat}", headers=headers)
        assert answer.status_code == status, answer.text
    await asyncio.sleep(1.5)  # the sender has tried
    assert await scene.stored() == []
    await scene.nats.become("passing")
    expected = [("conversation.delete", "c1"), ("conversation.delete", "c2")]
    await scene.until_stored(expected)
    await asyncio.sleep(1.5)  # and has nothing more to send
    assert await scene.stored() == expected


class Kept(msgspec.Struct):
    """An outbox, and a bus that may not be there."""

    outbox: AuditOutbox
    link: Link
    direct: NatsBus
    database: Database

    async def sent(self) -> int:
        return (await self.direct.client.jetstream().stream_info(subjects.AUDIT_STREAM.name)).state.messages


@pytest.fixture
async def kept(nats_url: str, database_url: str) -> AsyncGenerator[Kept]:
    await migrate(database_url)
    database = Database.at(database_url, 2)
    direct = await NatsBus.connect(nats_url, "test")
    await ensure_bus(direct.client)
    yield Kept(AuditOutbox(database), Link(nats_url, "away"), direct, database)
    await direct.close()
    await database.close()


async def test_what_the_bus_does_not_take_is_kept_and_sent_in_order(kept: Kept) -> None:
    audit = BusAudit(kept.link, kept.outbox)  # a link that nobody runs
    for number in range(5):
        await audit.keep(record(number))
        await audit.keep(record(number))  # a caller that was not sure
    with pytest.raises(Unavailable):
        await audit.record("user.login", actor="ada")
    assert await kept.outbox.first(10) == [record(number) for number in range(5)]
    with pytest.raises(Unavailable):
        await OutboxSender(kept.outbox, kept.link).flush()
    assert not await OutboxSender(kept.outbox, kept.direct).flush()
    assert (await kept.sent(), await kept.outbox.first(10)) == (5, [])


async def test_sent_again_after_a_crash_it_is_one_message(kept: Kept) -> None:
    """The sender died between NATS and PostgreSQL; and two edges send at once."""
    for number in range(3):
        await kept.outbox.put(record(number))
    await kept.direct.append(subjects.audit("edge"), record(0), id="r0")
    sender = OutboxSender(kept.outbox, kept.direct)
    await asyncio.gather(sender.flush(), sender.flush())
    assert (await kept.sent(), await kept.outbox.first(10)) == (3, [])


async def test_a_deed_that_fails_leaves_no_record(kept: Kept) -> None:
    with pytest.raises(NotFound):
        await PostgresHistory(kept.database).delete("ada", "nothing", record(1))
    assert await kept.outbox.first(10) == []
