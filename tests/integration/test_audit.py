"""The audit service between a real NATS server and a real PostgreSQL."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from socket import socket

import pytest
from nats.js.manager import JetStreamManager
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.child import Child
from deploy.local.postgres_server import PostgresServer
from services.audit.app import App, build_app
from services.audit.migrations.__main__ import migrate
from services.audit.settings import AuditSettings
from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.health import check
from shared.messages import AuditRecord

ROWS = "SELECT sequence, id, actor, action, resource, outcome FROM audit.records ORDER BY sequence"


def record(number: int) -> AuditRecord:
    return AuditRecord(f"r{number}", float(number), "ada", "chat.start", f"chat:{number}")


@pytest.fixture
async def bus(nats_url: str) -> AsyncGenerator[NatsBus]:
    bus = await NatsBus.connect(nats_url, "test-audit")
    await ensure_bus(bus.client)
    yield bus
    await bus.close()


@pytest.fixture
async def migrated(database_url: str) -> str:
    await migrate(database_url)
    return database_url


@asynccontextmanager
async def running(nats_url: str, database_url: str) -> AsyncGenerator[App]:
    app = build_app(AuditSettings(nats_url=nats_url, database_url=database_url, retry_delay_s=0.2))
    stop = asyncio.Event()
    task = asyncio.create_task(app.run(stop))
    try:
        await until(lambda: ready(app))
        yield app
    finally:
        stop.set()
        await task


async def ready(app: App) -> bool:
    return app.ready


async def until(met: Callable[[], Awaitable[bool]], within_s: float = 15.0) -> None:
    async with asyncio.timeout(within_s):
        while not await met():
            await asyncio.sleep(0.05)


async def publish(bus: NatsBus, numbers: range, attempt: str = "") -> None:
    for number in numbers:
        await bus.append(subjects.audit("edge"), record(number), id=f"r{number}{attempt}")


async def rows(database_url: str, query: str = ROWS) -> list[tuple[object, ...]]:
    engine = create_async_engine(database_url)
    try:
        async with engine.begin() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]
    finally:
        await engine.dispose()


async def stored_ids(database_url: str) -> list[object]:
    return [row[1] for row in await rows(database_url)]


def ids(numbers: range) -> list[str]:
    return [f"r{number}" for number in numbers]


async def test_stores_what_was_published_before_and_after_it_started_in_order(
    bus: NatsBus, nats_url: str, migrated: str
) -> None:
    await publish(bus, range(1, 51))
    async with running(nats_url, migrated):
        await publish(bus, range(51, 101))
        await until(lambda: has(migrated, 100))
    found = await rows(migrated)
    assert found == [(n, f"r{n}", "ada", "chat.start", f"chat:{n}", "ok") for n in range(1, 101)]


async def has(database_url: str, count: int) -> bool:
    return len(await rows(database_url)) >= count


async def test_a_record_published_twice_is_stored_once(bus: NatsBus, nats_url: str, migrated: str) -> None:
    """Another Msg-Id: the stream holds both, as after its window of duplicates."""
    async with running(nats_url, migrated):
        await publish(bus, range(1, 4))
        await publish(bus, range(1, 4), attempt="-again")
        await publish(bus, range(4, 5))
        await until(lambda: has(migrated, 4))
    assert await stored_ids(migrated) == ids(range(1, 5))


async def test_two_instances_share_the_records(bus: NatsBus, nats_url: str, migrated: str) -> None:
    async with running(nats_url, migrated), running(nats_url, migrated):
        await publish(bus, range(1, 61))
        await until(lambda: has(migrated, 60))
    assert await stored_ids(migrated) == ids(range(1, 61))


async def test_what_is_no_record_is_parked_and_holds_nothing_up(
    bus: NatsBus, nats_url: str, migrated: str
) -> None:
    async with running(nats_url, migrated) as app:
        await publish(bus, range(1, 2))
        await bus.client.publish(subjects.audit("edge"), b"\xc1 no message of ours")
        await publish(bus, range(2, 3))
        await until(lambda: has(migrated, 2))
        assert app.consumer.parked == 1
    left = await JetStreamManager(bus.client).consumer_info(subjects.AUDIT_STREAM.name, subjects.AUDITORS)
    assert (left.num_ack_pending, left.num_pending) == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit.records SET canonical = replace(canonical, 'ada', 'eve')",
        "DELETE FROM audit.records",
        "TRUNCATE audit.records",
    ],
)
async def test_the_log_cannot_be_changed(bus: NatsBus, nats_url: str, migrated: str, change: str) -> None:
    async with running(nats_url, migrated):
        await publish(bus, range(1, 2))
        await until(lambda: has(migrated, 1))
    with pytest.raises(DBAPIError, match="append-only"):
        await rows(migrated, change)
    assert await stored_ids(migrated) == ["r1"]


async def test_a_killed_process_loses_nothing_and_a_stopped_one_exits_with_0(
    bus: NatsBus, nats_url: str, migrated: str
) -> None:
    first = await start_process(nats_url, migrated)
    await publish(bus, range(1, 200))
    await until(lambda: has(migrated, 20))
    first.kill()
    await first.wait()
    second = await start_process(nats_url, migrated)
    await until(lambda: has(migrated, 199), within_s=30)
    assert (await check(nats_url, "audit", "7")).ready
    second.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(second.wait(), 5) == 0
    assert await stored_ids(migrated) == ids(range(1, 200))


async def start_process(nats_url: str, database_url: str) -> asyncio.subprocess.Process:
    """SLUICE_ACK_WAIT_S: what a killed process took with it comes again after so long."""
    own = {
        "SLUICE_NATS_URL": nats_url,
        "SLUICE_DATABASE_URL": database_url,
        "SLUICE_INSTANCE": "7",
        "SLUICE_ACK_WAIT_S": "1.5",
    }
    command = [sys.executable, "-m", "services.audit"]
    return await asyncio.create_subprocess_exec(*command, env={**os.environ, **own})


@pytest.fixture
def cluster(tmp_path: Path) -> PostgresServer:
    """A PostgreSQL of this test's own, since it is going to be stopped."""
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o011)
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return PostgresServer(tmp_path / "cluster", port, "owner-password", "password")


async def test_postgresql_goes_and_returns_and_nothing_is_lost(
    bus: NatsBus, nats_url: str, cluster: PostgresServer, tmp_path: Path
) -> None:
    await cluster.init()
    server = await started(cluster, tmp_path)
    try:
        await cluster.provide_database()
        await migrate(cluster.url)
        async with running(nats_url, cluster.url) as app:
            await publish(bus, range(1, 21))
            await server.stop()
            await publish(bus, range(21, 41))
            await until(lambda: not_ready(app))
            server = await started(cluster, tmp_path)
            await publish(bus, range(41, 61))
            await until(lambda: has(cluster.url, 60), within_s=30)
            assert app.ready
        assert await stored_ids(cluster.url) == ids(range(1, 61))
    finally:
        await server.stop()


async def started(cluster: PostgresServer, folder: Path) -> Child:
    server = await Child.start(cluster.spec(), folder / "postgres.log")
    await until(cluster.accepts)
    return server


async def not_ready(app: App) -> bool:
    return not app.ready
