"""Commands that run once and end: migrations, and the first administrator."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.errors import StartError
from deploy.local.logs import Logs

EXISTS = 3
"""What `services.edge.users add` exits with when there is such a user."""


class Commands:
    def __init__(self, root: Path, logs: Logs) -> None:
        self._root = root
        self._logs = logs

    async def migrate(self, service: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        name = f"{service}-migrations"
        status, _ = await self._run(name, command, environment)
        if status != 0:
            raise StartError(f"the migrations of {service} failed:\n{self._logs.tail(name, lines=20)}")

    async def add_admin(self, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """The new administrator's password; empty: there was one already."""
        status, out = await self._run("users", command, environment)
        if status == EXISTS:
            return ""
        if status != 0:
            raise StartError(f"the administrator could not be made:\n{self._logs.tail('users')}")
        return out.strip()

    async def _run(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """What it says goes to its log; what it answers, which may be a secret, comes back only."""
        with self._logs.path(name).open("ab") as log:
            output = asyncio.subprocess.PIPE if name == "users" else log
            process = await asyncio.create_subprocess_exec(
                *command,
                env=environment,
                cwd=self._root,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=log,
            )
        try:
            out, _ = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        return await process.wait(), (out or b"").decode()
