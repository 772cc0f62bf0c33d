"""One child process in a session of its own, so that Ctrl-C at the terminal reaches the supervisor alone."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ChildSpec:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    kind: str = "service"
    """service, postgres or nats: the order in which the guard ends what a killed run left."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 10.0


class Child:
    """A started process. Output goes straight to its log, so that a slow supervisor never blocks a service."""

    def __init__(self, spec: ChildSpec, process: asyncio.subprocess.Process) -> None:
        self.spec = spec
        self._process = process

    @classmethod
    async def start(cls, spec: ChildSpec, log: Path) -> "Child":
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *spec.command,
                env=dict(spec.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return cls(spec, process)

    @property
    def pid(self) -> int:
        """Also its process group: it leads a session."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        return await self._process.wait()

    async def stop(self) -> bool:
        """Asks, waits `grace_s`, then kills; takes the whole group, since an engine's own processes outlive it.

        Returns whether it went by itself.
        """
        if self._process.returncode is None:
            self._process.send_signal(self.spec.stop_signal)
        try:
            await asyncio.wait_for(self._process.wait(), self.spec.grace_s)
            in_time = True
        except TimeoutError:
            in_time = False
        kill_group(self.pid)
        await self._process.wait()
        return in_time


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
