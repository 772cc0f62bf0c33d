"""Keeps children running: starts them, starts one again that ended by itself, and stops all in order."""

import asyncio
import time

from deploy.local.child import Child, ChildSpec
from deploy.local.console import Console
from deploy.local.logs import Logs
from deploy.local.watch import Guard

STOP_ORDER = ("service", "postgres", "nats")
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 30.0
STEADY_AFTER_S = 60.0
"""A child that ran this long starts with the shortest delay again."""


class Spawner:
    """Starts children with their logs, and keeps the guard informed."""

    def __init__(self, logs: Logs, guard: Guard) -> None:
        self._logs = logs
        self._guard = guard

    async def spawn(self, spec: ChildSpec) -> Child:
        child = await Child.start(spec, self._logs.path(spec.name))
        self._guard.started(child)
        return child

    async def stop(self, child: Child) -> bool:
        """Also clears away what an ended child left of its group. Returns whether it went by itself."""
        in_time = await child.stop()
        self._guard.ended(child)
        return in_time


class Keeper:
    """One child. Call `keep` once it is ready: an exit before that is a failed start and no reason to try again."""

    def __init__(self, child: Child, spawner: Spawner, console: Console) -> None:
        self.child = child
        self._spawner = spawner
        self._console = console
        self._task: asyncio.Task[None] | None = None

    def keep(self) -> None:
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        spec = self.child.spec
        if not await self._spawner.stop(self.child):
            self._console.warn(f"{spec.name} did not stop in {spec.grace_s:.0f} s and was killed")

    async def _keep_running(self) -> None:
        delay_s = FIRST_DELAY_S
        while True:
            started = time.monotonic()
            status = await self.child.wait()
            await self._spawner.stop(self.child)
            if time.monotonic() - started > STEADY_AFTER_S:
                delay_s = FIRST_DELAY_S
            name = self.child.spec.name
            self._console.warn(f"{name} ended ({describe(status)}); starting it again in {delay_s:.1f} s")
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, LONGEST_DELAY_S)
            self.child = await self._spawner.spawn(self.child.spec)


class Fleet:
    """Every child of a run."""

    def __init__(self, spawner: Spawner, console: Console) -> None:
        self._spawner = spawner
        self._console = console
        self._keepers: list[Keeper] = []

    async def start(self, spec: ChildSpec) -> Keeper:
        keeper = Keeper(await self._spawner.spawn(spec), self._spawner, self._console)
        self._keepers.append(keeper)
        return keeper

    async def run(self, spec: ChildSpec) -> int:
        """A child that ends by itself: waits for it. Its exit status."""
        child = await self._spawner.spawn(spec)
        try:
            return await child.wait()
        finally:
            await self._spawner.stop(child)

    async def stop_all(self) -> None:
        """Services first, so that what they still write finds its database and its bus."""
        for kind in STOP_ORDER:
            some = [keeper for keeper in self._keepers if keeper.child.spec.kind == kind]
            await asyncio.gather(*(keeper.stop() for keeper in some))
        self._keepers.clear()


def describe(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
