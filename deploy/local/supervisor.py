"""The run itself: stage by stage up, then keeping it up, then down in the opposite order."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy.local import nats_server, postgres_server
from deploy.local.console import Console
from deploy.local.data import DataFolder
from deploy.local.keeper import Fleet, Keeper
from deploy.local.logs import Logs
from deploy.local.nats_server import NatsServer
from deploy.local.postgres_server import PostgresServer
from deploy.local.readiness import Probe, Waiting
from deploy.local.services import Plan, Service
from deploy.local.tasks import Commands
from deploy.local.watch import Guard
from deploy.local.web import Web

Started = tuple[Service, Keeper]


@dataclass(frozen=True)
class Parts:
    """What the run is made of."""

    console: Console
    data: DataFolder
    logs: Logs
    nats: NatsServer
    postgres: PostgresServer
    guard: Guard
    fleet: Fleet
    commands: Commands
    plan: Plan
    probe: Probe
    web: Web | None = None


class Supervisor:
    """Made from its parts, so that a test can give it other services."""

    def __init__(self, parts: Parts, show_ready: Callable[[str, str], None]) -> None:
        self._parts = parts
        self._show_ready = show_ready
        self._waiting = Waiting(parts.logs, parts.console)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. `StartError` when something does not come up; nothing is left running either way."""
        logs = asyncio.create_task(self._parts.logs.keep_bounded())
        stopped = asyncio.create_task(stop.wait())
        unguarded = asyncio.create_task(self._parts.guard.wait())
        start = asyncio.create_task(self._start())
        try:
            await asyncio.wait([start, stopped, unguarded], return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                await start
                await asyncio.wait([stopped, unguarded], return_when=asyncio.FIRST_COMPLETED)
        finally:
            if unguarded.done():
                self._parts.console.warn("the guard process was killed; stopping")
            await end(start, stopped, unguarded, logs)
            await self._parts.probe.close()
            await self._stop()

    async def _start(self) -> None:
        await self._start_nats()
        await self._start_postgres()
        services = self._parts.plan.services()
        early = await self._spawn([service for service in services if not service.needs_database])
        await self._migrate()
        late = await self._spawn([service for service in services if service.needs_database])
        await self._wait_ready([*early, *late])
        await self._parts.probe.close()
        password = await self._first_admin()
        web = self._parts.web
        web_url = await web.start(self._parts.fleet, self._waiting) if web else ""
        self._show_ready(password, web_url)

    async def _start_nats(self) -> None:
        nats = self._parts.nats
        with self._parts.console.stage("NATS") as stage:
            keeper = await self._parts.fleet.start(nats.spec())
            await self._waiting.until(nats.accepts, keeper.child, nats_server.READY_WITHIN_S)
            keeper.keep()
            stage.detail = f"{nats.address}, JetStream in {self._parts.data.nats}"

    async def _start_postgres(self) -> None:
        postgres = self._parts.postgres
        if postgres.is_new():
            with self._parts.console.stage("PostgreSQL: a new cluster"):
                await postgres.init()
        with self._parts.console.stage("PostgreSQL with pgvector") as stage:
            keeper = await self._parts.fleet.start(postgres.spec())
            await self._waiting.until(postgres.accepts, keeper.child, postgres_server.READY_WITHIN_S)
            keeper.keep()
            await postgres.provide_database()
            account = postgres.account.name
            stage.detail = postgres.address + (
                f", as the account '{account}' since it refuses root" if account else ""
            )

    async def _migrate(self) -> None:
        plan, commands = self._parts.plan, self._parts.commands
        mark = self._parts.postgres.folder / "migrated"
        if mark.exists() and mark.read_text() == plan.schema_version():
            return
        with self._parts.console.stage("Migrations") as stage:
            migrations = plan.migrations()
            running = [
                asyncio.create_task(
                    commands.migrate(name, line, plan.environment(name, f"{name}-migrations"))
                )
                for name, line in migrations
            ]
            try:
                await asyncio.gather(*running)
            finally:
                await end(*running)
            stage.detail = ", ".join(name for name, _ in migrations)
        mark.write_text(plan.schema_version())

    async def _spawn(self, services: list[Service]) -> list[Started]:
        """What needs no tables loads its libraries while they are made."""
        for service in services:
            self._parts.data.service(service.name)
        return [(service, await self._parts.fleet.start(service.spec)) for service in services]

    async def _wait_ready(self, started: list[Started]) -> None:
        with self._parts.console.stage("Services") as stage:
            for service, keeper in started:
                is_ready = partial(self._parts.probe.is_ready, service)
                await self._waiting.until(is_ready, keeper.child, service.ready_within_s)
                keeper.keep()
                self._parts.console.note(f"{service.instance} is ready")
            stage.detail = f"{len(started)} processes"

    async def _first_admin(self) -> str:
        """The password of a new administrator; empty when this cluster has had one."""
        mark = self._parts.postgres.folder / "admin-made"
        if mark.exists():
            return ""
        with self._parts.console.stage("Administrator"):
            password = await self._add_admin()
        mark.touch()
        return password

    async def _add_admin(self) -> str:
        """A Ctrl-C in the middle must not lose the only showing of a password that is already set."""
        plan = self._parts.plan
        adding = asyncio.create_task(
            self._parts.commands.add_admin(plan.add_admin(), plan.environment("edge", "users"))
        )
        try:
            return await asyncio.shield(adding)
        except asyncio.CancelledError:
            password = await adding
            if password:
                self._parts.console.say(f"the password of admin, shown this once: {password}")
            raise

    async def _stop(self) -> None:
        with self._parts.console.stage("Stopping"):
            await self._parts.fleet.stop_all()
            await self._parts.guard.close()


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Whoever needed a result has taken it; what is left is only not to leave a task behind."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
