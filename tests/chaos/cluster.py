"""The product as `make run` starts it, but with several edges and workers, each of which a test can end or pause.

Real nats-server, real PostgreSQL, the simulated engine. A guard process ends everything when the tests are killed.
"""

import asyncio
import io
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.local.child import ChildSpec
from deploy.local.console import Console
from deploy.local.data import DataFolder, RunLock
from deploy.local.engines import EngineChoice
from deploy.local.keeper import STOP_ORDER, Spawner
from deploy.local.launch import ROOT
from deploy.local.logs import Logs
from deploy.local.postgres_server import PostgresServer
from deploy.local.readiness import Readiness, Waiting
from deploy.local.services import WITH_DATABASE, Plan, Service
from deploy.local.tasks import Commands
from deploy.local.watch import Guard
from tests.chaos.nats_servers import NatsCluster, ToldNats, quiet_ports
from tests.chaos.node import Node, Ready
from tests.stack import ONE_USER_ASKS_ALL

SIMULATED = EngineChoice("simulated", "", "as asked")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a cluster is made of. `environ` reaches every service, `own` one process by its name."""

    edges: int = 2
    workers: int = 2
    services: Sequence[str] = ()
    """Of audit, retriever and embedder, those that the test needs."""
    engine: EngineChoice = SIMULATED
    ready_within_s: float = 60.0
    nats_servers: int = 1
    """More than one: a cluster of them, and all that is stored is kept on three."""
    nats: Mapping[str, object] = field(default_factory=dict[str, object])
    """Over the server's configuration, as `jetstream` is over its part of that name."""
    jetstream: Mapping[str, object] = field(default_factory=dict[str, object])
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


class Cluster:
    """Made by `running_cluster`. Nodes are named nats (of several: nats-1…), postgres, edge-1…, inference-1…, audit-1
    and so on."""

    def __init__(self, data: DataFolder, shape: Shape, guard: Guard) -> None:
        self.data = data
        self.shape = shape
        self.nats = nats_of(data, shape)
        owner, password = data.password("postgres-owner"), data.password("postgres")
        port, *self.ports = quiet_ports(1 + shape.edges)
        self.postgres = PostgresServer(data.postgres, port, owner, password)
        self.nodes: dict[str, Node] = {}
        self.password = ""
        self._logs = Logs(data.logs)
        self._spawner = Spawner(self._logs, guard)
        self._commands = Commands(ROOT, self._logs)
        self._waiting = Waiting(self._logs, Console(io.StringIO(), colour=False))
        self._probes: list[Readiness] = []

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    @property
    def workers(self) -> list[Node]:
        return [node for name, node in self.nodes.items() if name.startswith("inference-")]

    async def start(self) -> None:
        await self._start_servers()
        await self._migrate()
        for service in self._services():
            self.data.service(service.name)
            self._add(service.spec, partial(self._probe(service).is_ready, service))
        services = [node for node in self.nodes.values() if node.spec.kind == "service"]
        await asyncio.gather(*(node.start() for node in services))
        plan = self._plan(self.ports[0])
        self.password, _ = await asyncio.gather(
            self._commands.add_admin(plan.add_admin(), plan.environment("edge", "users")),
            self.ready(*(node.spec.name for node in services)),
        )

    async def ready(self, *names: str) -> None:
        """Waits until these are; raises with the end of a log when one has died."""
        nodes = [self.nodes[name] for name in names]
        within_s = self.shape.ready_within_s
        waits = (self._waiting.until(node.is_ready, node.child, within_s) for node in nodes)
        try:
            await asyncio.gather(*waits)
        finally:
            await asyncio.gather(*(probe.close() for probe in self._probes))

    def operator(self) -> dict[str, str]:
        """The environment of the commands that an operator runs, such as `python -m services.edge.users`."""
        return self._plan(self.ports[0]).environment("edge", "users")

    async def restart(self, name: str) -> None:
        """A process that has ended comes back."""
        await self.nodes[name].start()
        await self.ready(name)

    async def stop(self) -> None:
        await asyncio.gather(*(probe.close() for probe in self._probes))
        for kind in STOP_ORDER:
            some = [node for node in self.nodes.values() if node.spec.kind == kind]
            await asyncio.gather(*(node.close() for node in some))

    async def _start_servers(self) -> None:
        await self.postgres.init()
        for spec, is_ready in self.nats.parts:
            self._add(spec, is_ready)
        self._add(self.postgres.spec(fsync="off"), self.postgres.accepts)
        await asyncio.gather(*(node.start() for node in self.nodes.values()))
        await self.ready(*self.nodes)
        await self.postgres.provide_database()

    async def _migrate(self) -> None:
        plan = self._plan(self.ports[0])
        needed = [pair for pair in plan.migrations() if pair[0] == "edge" or pair[0] in self.shape.services]
        await asyncio.gather(
            *(
                self._commands.migrate(name, command, plan.environment(name, f"{name}-migrations"))
                for name, command in needed
            )
        )

    def _services(self) -> list[Service]:
        others = [self._service(name, 1) for name in self.shape.services]
        workers = [self._service("inference", number + 1) for number in range(self.shape.workers)]
        edges = [self._service("edge", number + 1) for number in range(self.shape.edges)]
        return [*others, *workers, *edges]

    def _service(self, name: str, number: int) -> Service:
        instance = f"{name}-{number}"
        plan = self._plan(self.ports[number - 1] if name == "edge" else self.ports[0])
        environment = plan.environment(name, instance) | dict(self.shape.own.get(instance, {}))
        uses_vllm = name == "inference" and self.shape.engine.engine == "vllm"
        python = str(ROOT / ".venv-vllm" / "bin" / "python") if uses_vllm else sys.executable
        spec = ChildSpec(instance, [python, "-m", f"services.{name}"], environment)
        return Service(name, instance, spec, needs_database=name in WITH_DATABASE)

    def _plan(self, port: int) -> Plan:
        replicas = {} if self.shape.nats_servers == 1 else {"SLUICE_NATS_REPLICAS": "3"}
        environ = os.environ | ONE_USER_ASKS_ALL | replicas | dict(self.shape.environ)
        choice, workers = self.shape.engine, self.shape.workers
        return Plan(ROOT, self.data.path, self.nats.url, self.postgres.url, port, workers, choice, environ)

    def _probe(self, service: Service) -> Readiness:
        port = int(service.spec.environment.get("SLUICE_HTTP_PORT", self.ports[0]))
        probe = Readiness(self.nats.url, port)
        self._probes.append(probe)
        return probe

    def _add(self, spec: ChildSpec, is_ready: Ready) -> None:
        self.nodes[spec.name] = Node(spec, self._logs.path(spec.name), self._spawner, is_ready)


def nats_of(data: DataFolder, shape: Shape) -> ToldNats | NatsCluster:
    password = data.password("nats")
    if shape.nats_servers == 1:
        return ToldNats(data.nats, password, shape.nats, shape.jetstream)
    return NatsCluster(shape.nats_servers, data.nats, password, shape.nats, shape.jetstream)


@asynccontextmanager
async def running_cluster(folder: Path, shape: Shape) -> AsyncGenerator[Cluster]:
    data = DataFolder(folder)
    data.make()
    lock = RunLock(folder)
    guard = await Guard.start(lock.take(lambda text: None))
    cluster = Cluster(data, shape, guard)
    try:
        await cluster.start()
        yield cluster
    finally:
        await cluster.stop()
        await guard.close()
        lock.release()
