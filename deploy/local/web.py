"""The web in a run: built where its sources have changed, then a process like any other. A run without it is whole."""

import asyncio
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from deploy.local.child import ChildSpec
from deploy.local.console import Console
from deploy.local.keeper import Fleet
from deploy.local.logs import Logs
from deploy.local.ports import LOOPBACK
from deploy.local.readiness import SAY_EVERY_S, Waiting, http_ready
from deploy.local.web_build import Node, WebBuild, WebError, find_node

HEALTH = "/api/health"
READY_WITHIN_S = 60.0
GRACE_S = 12.0
"""More than the edge has: what streams through the web ends with the edge."""
BUILD = "web-build"
NAME = "web-1"


class Web:
    def __init__(
        self, root: Path, port: int, edge_port: int, environ: Mapping[str, str], console: Console, logs: Logs
    ) -> None:
        self._root = root
        self.port = port
        self._edge_port = edge_port
        self.environ = environ
        self._console = console
        self._logs = logs

    async def start(self, fleet: Fleet, waiting: Waiting) -> str:
        """Its URL; empty, when it cannot be had, which is said. `StartError` when it is there and does not come up."""
        try:
            node = await asyncio.to_thread(self.find_node)
            await self._build(node, fleet)
        except WebError as error:
            self._console.warn(f"no web: {error}. Everything else runs")
            return ""
        with self._console.stage("Web") as stage:
            keeper = await fleet.start(self.spec(node))
            await waiting.until(partial(http_ready, self.port, HEALTH), keeper.child, READY_WITHIN_S)
            keeper.keep()
            stage.detail = f"Node {node.version}"
        return f"http://{LOOPBACK}:{self.port}"

    def find_node(self) -> Node:
        return find_node(self.environ)

    def is_built(self, build: WebBuild) -> bool:
        return build.is_current()

    def spec(self, node: Node) -> ChildSpec:
        command = [node.path, str(WebBuild(self._root, node).server)]
        return ChildSpec(NAME, command, self.environment(), grace_s=GRACE_S)

    def environment(self) -> dict[str, str]:
        host = self.environ.get("SLUICE_WEB_HOST", LOOPBACK)
        own = {
            "NODE_ENV": "production",
            "PORT": str(self.port),
            "HOSTNAME": host,
            "SLUICE_EDGE_URL": f"http://{LOOPBACK}:{self._edge_port}",
        }
        return {**self.environ, **own}

    async def _build(self, node: Node, fleet: Fleet) -> None:
        build = WebBuild(self._root, node)
        if await asyncio.to_thread(self.is_built, build):
            return
        what = "built" if build.has_packages() else "packages installed and built"
        with self._console.stage(f"Web: {what} from its sources, about a minute"):
            building = asyncio.create_task(fleet.run(self.build_spec()))
            try:
                await self._wait(building)
            finally:
                building.cancel()
                await asyncio.gather(building, return_exceptions=True)
            if building.result() != 0:
                log = self._logs.path(BUILD)
                raise WebError(f"it could not be built. The end of {log}:\n{self._logs.tail(BUILD)}\n")

    def build_spec(self) -> ChildSpec:
        return ChildSpec(BUILD, [sys.executable, "-m", "deploy.local.web_build"], dict(self.environ))

    async def _wait(self, building: "asyncio.Task[int]") -> None:
        began = time.monotonic()
        while not (await asyncio.wait([building], timeout=SAY_EVERY_S))[0]:
            waited_s = time.monotonic() - began
            self._console.note(
                f"the web is still being built ({waited_s:.0f} s); its log: {self._logs.path(BUILD)}"
            )
