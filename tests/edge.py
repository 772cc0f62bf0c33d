"""The edge as a real HTTP server in the test's own loop, over the real NATS and PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from deploy.local.ports import free_port
from services.edge.adapters.passwords import Argon2Passwords
from services.edge.adapters.postgres import Database, PostgresAccounts
from services.edge.app import Edge, build_edge
from services.edge.domain.identity import Account, Role
from services.edge.migrations.__main__ import migrate
from services.edge.settings import EdgeSettings
from services.edge.usecases.users import AddUser

PASSWORD = "correct horse"


class RunningEdge(msgspec.Struct):
    edge: Edge
    http: httpx.AsyncClient
    settings: EdgeSettings

    async def sign_in(self, name: str = "ada", password: str = PASSWORD) -> dict[str, str]:
        """The headers of a signed-in user."""
        answer = await self.http.post("/login", json={"username": name, "password": password})
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@asynccontextmanager
async def running_edge(
    nats_url: str, database_url: str, keys: Path, *, ready: bool = True, **settings: object
) -> AsyncGenerator[RunningEdge]:
    """Migrated beforehand; `ready` waits until all parts are there."""
    values = {
        "nats_url": nats_url,
        "database_url": database_url,
        "keys_dir": str(keys),
        "http_port": free_port(),
    }
    told = msgspec.convert(values | settings, EdgeSettings)
    edge = build_edge(told)
    server = Server(
        edge.http,
        address=told.http_host,
        port=told.http_port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{told.http_port}", timeout=10) as http:
        try:
            await until_ok(http, "/health/ready" if ready else "/health/live")
            yield RunningEdge(edge, http, told)
        finally:
            server.stop()
            await serving


async def until_ok(http: httpx.AsyncClient, path: str, within_s: float = 15) -> None:
    give_up_at = time.monotonic() + within_s
    status = None
    while status != 200:
        assert time.monotonic() < give_up_at, f"{path} still answers {status}"
        try:
            status = (await http.get(path)).status_code
        except httpx.TransportError as error:
            status = repr(error)
        await asyncio.sleep(0.02)


async def add_user(
    database_url: str, name: str = "ada", role: Role = "user", password: str = PASSWORD
) -> Account:
    await migrate(database_url)
    database = Database.at(database_url, connections=1)
    passwords = Argon2Passwords(threads=1, waiting=0)
    try:
        return await AddUser(PostgresAccounts(database), passwords)(name, role, password)
    finally:
        passwords.close()
        await database.close()
