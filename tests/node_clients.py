"""The official npm clients, in one Node process that a test module shares: a line in, a line out."""

import asyncio
import base64
import json
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parent / "node" / "clients.mjs"
LINE_BYTES = 16 * 1024 * 1024


class NodeClients:
    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> "NodeClients":
        return cls(
            await asyncio.create_subprocess_exec(
                "node", str(SCRIPT), stdin=PIPE, stdout=PIPE, limit=LINE_BYTES
            )
        )

    async def ask(self, client: str, **command: object) -> dict[str, Any]:
        """What that client made of the command; clients.mjs says what there is to ask."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"client": client, **command}).encode() + b"\n")
        line = await self._process.stdout.readline()
        assert line, "the Node process has died; its words are on standard error"
        return json.loads(line)

    async def read(self, client: str, *chunks: bytes, **command: object) -> dict[str, Any]:
        """The client reads these bytes as a server's stream."""
        return await self.ask(client, bytes=[base64.b64encode(chunk).decode() for chunk in chunks], **command)

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
