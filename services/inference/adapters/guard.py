"""Ends an engine's processes when their worker has gone, however that was: one that is killed ends nothing itself, and
vLLM's core would live on with the GPU's memory.

    python -m services.inference.adapters.guard PID:STARTED …    until its standard input ends
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

import psutil


class Guard:
    """A process of its own, which holds the other end of a pipe. `close` it when they have ended."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def watch(self, processes: Sequence[psutil.Process]) -> None:
        named = [f"{process.pid}:{process.create_time()}" for process in processes]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.inference.adapters.guard",
            *named,
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,  # a signal to our group is not for it
        )

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            await process.wait()


def main() -> None:
    sys.stdin.buffer.read()
    for named in sys.argv[1:]:
        pid, _, started = named.partition(":")
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(pid))
            if process.create_time() == float(started):
                process.kill()


if __name__ == "__main__":
    main()
