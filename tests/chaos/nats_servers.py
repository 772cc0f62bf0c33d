"""nats-server as a cluster of tests has it: one, or several that elect their leaders."""

import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import cast

from deploy.local.child import ChildSpec
from deploy.local.nats_server import NatsServer
from deploy.local.ports import LOOPBACK, free_port, is_taken
from shared.broker import NatsBus
from tests.chaos.http import BrokenOff, Json, ask
from tests.chaos.node import Ready

Told = Mapping[str, object]

QUIET_PORTS = range(20_000, 32_000)
"""Below those that the kernel gives to whoever connects: of nine that wait to be listened on, now and then one was
gone."""


class ToldNats(NatsServer):
    """With settings of the test's own."""

    def __init__(self, folder: Path, password: str, told: Told, jetstream: Told, port: int = 0) -> None:
        super().__init__(folder, port or free_port(), password)
        self._told = dict(told)
        self._jetstream = dict(jetstream)

    @property
    def parts(self) -> list[tuple[ChildSpec, Ready]]:
        return [(self.spec(), self.accepts)]

    def configuration(self) -> dict[str, object]:
        whole = super().configuration()
        jetstream = cast("dict[str, object]", whole["jetstream"])
        return whole | self._told | {"jetstream": jetstream | self._jetstream}


class NatsMember(ToldNats):
    """One of several. It is ready when it knows a leader and has caught up."""

    def __init__(
        self, name: str, folder: Path, password: str, told: Told, jetstream: Told, ports: list[int]
    ) -> None:
        super().__init__(folder, password, told, jetstream, ports[0])
        self.name = name
        self.http_port = ports[1]
        self.route = f"{LOOPBACK}:{ports[2]}"
        self.routes: list[str] = []
        self.advertises = False
        """Whether clients are told of the others; what they are told has no password in it."""

    def spec(self) -> ChildSpec:
        return replace(super().spec(), name=self.name)

    def configuration(self) -> dict[str, object]:
        cluster: dict[str, object] = {"name": "sluice", "listen": self.route, "routes": self.routes}
        cluster["no_advertise"] = not self.advertises
        return super().configuration() | {
            "server_name": self.name,
            "http": f"{LOOPBACK}:{self.http_port}",
            "cluster": cluster,
        }

    async def is_well(self) -> bool:
        try:
            status, _ = await ask(self.http_port, "GET", "/healthz")
        except BrokenOff:
            return False
        return status == 200

    async def told(self, path: str) -> Json:
        """What the server's own page says."""
        return (await ask(self.http_port, "GET", path))[1]


class NatsCluster:
    """The members' names are those of their nodes: nats-1 and so on."""

    def __init__(self, count: int, folder: Path, password: str, told: Told, jetstream: Told) -> None:
        ports = quiet_ports(3 * count)
        names = {f"nats-{number + 1}": ports[number::count] for number in range(count)}
        self.members = [
            NatsMember(name, folder / name, password, told, jetstream, own) for name, own in names.items()
        ]
        for member in self.members:
            (folder / member.name).mkdir(mode=0o700)
            member.routes = [f"nats://{other.route}" for other in self.members if other is not member]

    @property
    def url(self) -> str:
        return ",".join(member.url for member in self.members)

    @property
    def parts(self) -> list[tuple[ChildSpec, Ready]]:
        return [(member.spec(), member.is_well) for member in self.members]


def quiet_ports(count: int) -> list[int]:
    shuffled = random.sample(QUIET_PORTS, len(QUIET_PORTS))
    return list(islice((port for port in shuffled if not is_taken(port)), count))


async def leader_of(url: str, stream: str) -> str:
    """The server that takes what is written to this stream."""
    bus = await NatsBus.connect(url, "tester")
    try:
        cluster = (await bus.client.jetstream().stream_info(stream)).cluster
    finally:
        await bus.close()
    assert cluster is not None, f"{stream} has one copy"
    assert cluster.replicas is not None, f"{stream} has one copy"
    assert cluster.leader is not None, f"{stream} has no leader"
    return cluster.leader


async def meta_leader(members: list[NatsMember]) -> str:
    """The server that decides where streams lie; asked of those that are up."""
    for member in members:
        if await member.is_well():
            return (await member.told("/jsz"))["meta_cluster"]["leader"]
    raise AssertionError("no server is up")
