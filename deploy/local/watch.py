"""The supervisor's end of the guard."""

import asyncio
import sys

from deploy.local.child import Child


class Guard:
    """Holds the guard process and tells it which children there are."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, lock: int) -> "Guard":
        """`lock` is the descriptor of the run's lock, held by the guard until the last process has ended."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.local.guard"),
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
            pass_fds=(lock,),
        )
        return cls(process)

    def started(self, child: Child) -> None:
        self._tell(f"+ {child.pid} {child.spec.kind}\n")

    def ended(self, child: Child) -> None:
        self._tell(f"- {child.pid}\n")

    async def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()

    async def wait(self) -> int:
        return await self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(line.encode())
