"""The real servers, for whichever test asks: a NATS server of its own, a database of its own in one PostgreSQL."""

import asyncio
import itertools
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from deploy.local.child import Child
from deploy.local.nats_server import NatsServer
from deploy.local.ports import free_port
from deploy.local.postgres_server import NAME, PostgresServer

T = TypeVar("T")


class ServerLoop:
    """A loop in a thread of its own: the servers outlive the loops of the tests, and fixtures need no loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="servers", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def server_loop() -> Generator[ServerLoop]:
    loop = ServerLoop()
    yield loop
    loop.close()


@contextmanager
def running_nats(loop: ServerLoop, folder: Path) -> Generator[str]:
    server = NatsServer(folder, free_port(), "test")
    child = loop.run(Child.start(server.spec(), folder / "nats.log"))
    try:
        loop.run(server.wait_ready())
        yield server.url
    finally:
        loop.run(child.stop())


@pytest.fixture
def nats_url(server_loop: ServerLoop, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """A real nats-server with JetStream, empty, for this test alone: it starts in some 20 ms."""
    with running_nats(server_loop, tmp_path_factory.mktemp("nats")) as url:
        yield url


@pytest.fixture(scope="session")
def shared_nats_url(server_loop: ServerLoop, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """One for the whole session, for fixtures that outlive a test."""
    with running_nats(server_loop, tmp_path_factory.mktemp("nats")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres(server_loop: ServerLoop, tmp_path_factory: pytest.TempPathFactory) -> Generator[PostgresServer]:
    """A cluster for the session; its database `sluice` is the template of each test's own."""
    folder = tmp_path_factory.mktemp("postgres")
    server = PostgresServer(folder / "cluster", free_port(), "test-owner", "test")
    server_loop.run(server.init())
    child = server_loop.run(Child.start(server.spec(fsync="off"), folder / "postgres.log"))
    try:
        server_loop.run(server.wait_ready())
        server_loop.run(server.provide_database())
        yield server
    finally:
        server_loop.run(child.stop())


@pytest.fixture(scope="session")
def database_names() -> Generator[str]:
    return (f"test_{number}" for number in itertools.count(1))


@pytest.fixture
def database_url(
    server_loop: ServerLoop, postgres: PostgresServer, database_names: Generator[str]
) -> Generator[str]:
    """A new database with pgvector and nothing else in it, as SQLAlchemy reads it; gone after the test."""
    name = next(database_names)
    server_loop.run(postgres.execute("postgres", f"create database {name} template {NAME} owner {NAME};"))
    yield postgres.url_of(name)
    server_loop.run(postgres.execute("postgres", f"drop database {name} with (force);"))
