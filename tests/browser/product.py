"""All of the product for a browser: two edges, three engines with a worker each, documents, and the web before them."""

import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploy.local.engines import EngineChoice
from deploy.local.ports import LOOPBACK
from services.edge.adapters.passwords import Argon2Passwords
from services.edge.adapters.postgres import Database, PostgresAccounts
from services.edge.usecases.users import AddUser
from tests.browser.scripted import NAME, ScriptedModel, scripted_model
from tests.browser.stored import store
from tests.chaos.cluster import Cluster, Shape, running_cluster
from tests.conftest import ServerLoop
from tests.proxy import Proxy, proxied
from tests.web import running_web

EXTRACTIVE = "extractive"
SIMULATED = "simulated"
SCRIPTED = NAME

SIMULATED_WORKER = {
    "SLUICE_ENGINE": SIMULATED,
    "SLUICE_SIM_STEP_MS": "25",
    "SLUICE_SIM_MAX_TOKENS": "240",
}
"""A simulated answer takes six seconds: long enough to be in the middle of it, and short enough to see its end."""


AT_A_TIME = 24
"""Answers that a user may have under way: more than a test has, unless that is what it tests."""


def shape(scripted: ScriptedModel) -> Shape:
    scripted_worker = {
        "SLUICE_ENGINE": "openai",
        "SLUICE_OPENAI_BASE_URL": scripted.base_url,
        "SLUICE_MODEL": SCRIPTED,
        "SLUICE_OPENAI_PICTURES": "true",
    }
    return Shape(
        edges=2,
        workers=3,
        services=("audit", "embedder", "retriever"),
        engine=EngineChoice(EXTRACTIVE, "", "as asked"),
        ready_within_s=120.0,
        environ={"SLUICE_DEFAULT_MODEL": SIMULATED, "SLUICE_CHAT_MAX_STREAMS_PER_USER": str(AT_A_TIME)},
        own={"inference-2": SIMULATED_WORKER, "inference-3": scripted_worker},
    )


@dataclass(frozen=True)
class Account:
    name: str
    password: str


class Product:
    def __init__(self, network: Proxy, cluster: Cluster, scripted: ScriptedModel, loop: ServerLoop) -> None:
        self.url = f"http://{LOOPBACK}:{network.port}"
        self.scripted = scripted
        self.cluster = cluster
        self.admin = Account("admin", cluster.password)
        self._network = network
        self._loop = loop

    def add_user(self, name: str) -> Account:
        """Whoever needs a history without others' conversations in it."""
        account = Account(name, f"password of {name}")
        self._loop.run(add_user(account, self.cluster.operator()["SLUICE_DATABASE_URL"]))
        return account

    def add_conversation(self, account: Account, title: str, turns: Sequence[tuple[str, str]]) -> str:
        """What was asked and answered long ago. Its id."""
        url = self.cluster.operator()["SLUICE_DATABASE_URL"]
        return self._loop.run(store(url, account.name, title, turns))

    def force_out(self, account: Account) -> None:
        """As an operator does: signed out everywhere."""
        self._users("revoke", account.name)

    def let_in(self, account: Account) -> None:
        """Who was forced out may sign in again."""
        self._users("restore", account.name)

    def network(self, state: Literal["passing", "gone", "silent"]) -> None:
        """Between browsers and the web."""
        self._loop.run(self._network.become(state))

    def kill_edge(self) -> None:
        """The one that the web talks to. Returns when its process has ended; the other one serves from then on."""
        self._loop.run(self.cluster["edge-1"].kill())

    def restart_edge(self) -> None:
        self._loop.run(self.cluster.restart("edge-1"))

    def runs(self, name: str) -> bool:
        return self.cluster[name].runs

    def pause(self, *names: str) -> None:
        """Their processes stand still, and their connections stay."""
        for name in names:
            self.cluster[name].pause()

    def go_on(self, *names: str) -> None:
        for name in names:
            self.cluster[name].resume()

    def kill(self, name: str) -> None:
        self._loop.run(self.cluster[name].kill())

    def restart(self, name: str) -> None:
        self._loop.run(self.cluster.restart(name))

    def _users(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "services.edge.users", *arguments],
            env=self.cluster.operator(),
            check=True,
            timeout=30,
        )


async def add_user(account: Account, database_url: str) -> None:
    """What `python -m services.edge.users add` does, without a process of its own: most tests want a user."""
    database = Database.at(database_url, connections=1)
    passwords = Argon2Passwords(threads=1, waiting=0)
    try:
        await AddUser(PostgresAccounts(database), passwords)(account.name, "user", account.password)
    finally:
        passwords.close()
        await database.close()


@contextmanager
def running_product(folder: Path, loop: ServerLoop) -> Generator[Product]:
    parts = AsyncExitStack()
    try:
        scripted = loop.run(parts.enter_async_context(scripted_model()))
        cluster = loop.run(parts.enter_async_context(running_cluster(folder / "cluster", shape(scripted))))
        edges = loop.run(parts.enter_async_context(proxied(*cluster.ports)))
        with running_web(edges.port, folder) as port:
            network = loop.run(parts.enter_async_context(proxied(port)))
            yield Product(network, cluster, scripted, loop)
    finally:
        loop.run(parts.aclose())
