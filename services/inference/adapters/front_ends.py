"""The processes that speak for one engine. Each is a worker of its own on the bus, with a name of its own."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog

from shared.errors import EngineFailed

log = structlog.get_logger()

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
LIVED_S = 60.0
"""After so long its next death is a first one again."""
STOP_S = 15.0
"""Beyond what a worker gives its answers: closing what it has."""


class FrontEnds:
    """`environ(index)`: what a front end is started with. `left` is awaited when one has died."""

    def __init__(self, count: int, environ: Callable[[int], Mapping[str, str]], *, grace_s: float) -> None:
        self._count = count
        self._environ = environ
        self._grace_s = grace_s
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._is_stopping = False

    async def run(self, left: Callable[[int], Awaitable[None]], has_served: Callable[[int], bool]) -> None:
        """Keeps them alive, until `stop`. Raises `EngineFailed` for one that never served: a person has to mend it."""
        async with asyncio.TaskGroup() as keepers:
            for index in range(self._count):
                keepers.create_task(self._keep(index, left, has_served))

    async def stop(self) -> None:
        """They hand over or finish what they have. Nothing of them is left behind."""
        self._is_stopping = True
        running = list(self._processes.values())
        for process in running:
            with suppress(ProcessLookupError):
                process.terminate()
        ends = [asyncio.create_task(process.wait()) for process in running]
        if ends:
            await asyncio.wait(ends, timeout=self._grace_s + STOP_S)
        for process in running:
            if process.returncode is None:
                log.warning("front_end.killed", pid=process.pid)
                process.kill()
        await asyncio.gather(*ends)

    async def _keep(
        self, index: int, left: Callable[[int], Awaitable[None]], has_served: Callable[[int], bool]
    ) -> None:
        pause_s = FIRST_PAUSE_S
        clock = asyncio.get_running_loop().time
        while not self._is_stopping:
            began = clock()
            code = await self._live(index)
            if self._is_stopping:
                return
            await left(index)
            if not has_served(index):
                raise EngineFailed(f"Front end {index} ended with {code} before it served.")
            pause_s = FIRST_PAUSE_S if clock() - began > LIVED_S else min(2 * pause_s, LONGEST_PAUSE_S)
            log.error("front_end.died", index=index, code=code, again_in_s=pause_s)
            await asyncio.sleep(pause_s)

    async def _live(self, index: int) -> int:
        """From its start to its end. It watches its standard input: when we are gone, that ends, and it goes, too."""
        process = self._processes[index] = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.inference",
            env={**os.environ, **self._environ(index)},
            stdin=asyncio.subprocess.PIPE,
        )
        log.info("front_end.started", index=index, pid=process.pid)
        return await process.wait()
