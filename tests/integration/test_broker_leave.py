"""An orderly end: what has arrived is handled, and nothing is said that would alarm anybody."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import msgspec
import pytest
import structlog
from structlog.testing import capture_logs

from services.edge.adapters.nats.history import HistoryConsumer
from services.edge.adapters.postgres import Database, PostgresHistory
from services.edge.migrations.__main__ import migrate
from shared import subjects
from shared.broker import NatsBus, control_broker, ensure_bus, leave
from shared.messages import Answer, ChatCompleted, Usage
from tests.edge import add_user, running_edge
from tests.fakes.chat import AuditLog, no_titles
from tests.proxy import proxied

EVENTS = 20
STORING_S = 0.03


class SlowHistory(PostgresHistory):
    """So that events wait in the process when it is told to end."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.finished: list[str] = []

    async def finish_turn(self, event: ChatCompleted) -> bool:
        await asyncio.sleep(STORING_S)
        stored = await super().finish_turn(event)
        self.finished.append(event.request)
        return stored


class Told(msgspec.Struct):
    history: SlowHistory
    bus: NatsBus

    async def unsettled(self) -> int:
        stream = subjects.EVENTS_STREAM.name
        return (
            await self.bus.client.jetstream().consumer_info(stream, subjects.HISTORY)
        ).num_ack_pending or 0


@pytest.fixture
async def told(nats_url: str, database_url: str) -> AsyncGenerator[Told]:
    await migrate(database_url)
    bus = await NatsBus.connect(nats_url, "test")
    await ensure_bus(bus.client)
    database = Database.at(database_url, 2)
    yield Told(SlowHistory(database), bus)
    await bus.close()
    await database.close()


async def test_events_that_have_arrived_are_stored_before_it_leaves(told: Told, nats_url: str) -> None:
    """Those that were only dropped would be away for a minute and a half."""
    broker = control_broker(nats_url, "leaver")
    HistoryConsumer(told.history, AuditLog(), no_titles(told.history)).subscribe(broker)
    await broker.start()
    for _ in range(EVENTS):
        event = ChatCompleted(
            request=uuid.uuid4().hex, user="ada", model="m", answers=(Answer("Yes.", "stop"),),
            usage=Usage(), at=1.0, chat="c1",
        )  # fmt: skip
        await told.bus.append(subjects.event("completed", "ada"), event, id=event.request)
    async with asyncio.timeout(5):
        while await told.unsettled() == 0 or not told.history.finished:
            await asyncio.sleep(0.005)
        assert len(told.history.finished) < EVENTS, "too fast to show anything"
        await leave(broker)
    assert await told.unsettled() == 0


async def test_our_own_end_is_no_outage_in_the_log(nats_url: str, database_url: str, tmp_path: Path) -> None:
    await add_user(database_url)
    with capture_logs() as logs:
        async with running_edge(nats_url, database_url, tmp_path):
            pass
    assert [entry for entry in logs if entry["log_level"] in ("warning", "error", "critical")] == []


@pytest.fixture
def default_logging() -> Iterator[None]:
    """Other tests start services in this process, some of which log errors alone."""
    configured = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**configured)


@pytest.mark.usefixtures("default_logging")
async def test_an_outage_is_in_the_log(nats_url: str) -> None:
    port = int(nats_url.rsplit(":", 1)[1])
    async with proxied(port) as proxy:
        bus = await NatsBus.connect(nats_url.replace(f":{port}", f":{proxy.port}"), "test")
        with capture_logs() as logs:
            await proxy.become("gone")
            async with asyncio.timeout(5):
                while bus.connected:
                    await asyncio.sleep(0.01)
                await proxy.become("passing")
                while not bus.connected:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            await bus.close()
    told = [entry["event"] for entry in logs if entry["event"] != "nats.error"]
    assert told == ["nats.disconnected", "nats.reconnected"]
