"""One process of a cluster, known by its name. A test ends it, pauses it or starts it again, always by its id."""

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from deploy.local.child import Child, ChildSpec
from deploy.local.keeper import Spawner

Ready = Callable[[], Awaitable[bool]]


class Node:
    """Not running until `start`. Its log goes on across restarts."""

    def __init__(self, spec: ChildSpec, log: Path, spawner: Spawner, is_ready: Ready) -> None:
        self.spec = spec
        self.log = log
        self.is_ready = is_ready
        self._spawner = spawner
        self._child: Child | None = None
        self._paused = False

    @property
    def child(self) -> Child:
        if self._child is None:
            raise RuntimeError(f"{self.spec.name} is not running")
        return self._child

    @property
    def runs(self) -> bool:
        return self._child is not None

    @property
    def pid(self) -> int:
        return self.child.pid

    async def start(self) -> None:
        self._child = await self._spawner.spawn(self.spec)

    async def kill(self) -> None:
        """SIGKILL, for the process and whatever it started; returns when it has ended."""
        os.killpg(self.pid, signal.SIGKILL)
        await self._ended()

    def pause(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)
        self._paused = False

    async def end(self, how: signal.Signals | None = None) -> int:
        """Asks it to stop, in its own way unless told another; the exit status. Waits for as long as it takes."""
        os.kill(self.pid, how or self.spec.stop_signal)
        return await self._ended()

    async def close(self) -> None:
        """Whatever state it is in, it has ended afterwards."""
        if self._child is None:
            return
        if self._paused:
            self.resume()
        await self._spawner.stop(self._child)
        self._child = None

    def said(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    async def _ended(self) -> int:
        status = await self.child.wait()
        self._paused = False
        await self._spawner.stop(self.child)  # what it left of its group, and the guard's note of it
        self._child = None
        return status
