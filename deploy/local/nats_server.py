"""The embedded NATS server: JetStream on disk, loopback only, a password that is made on the first start."""

import asyncio
import json
import shutil
import sys
from pathlib import Path

from deploy.local.child import ChildSpec
from deploy.local.data import write_private
from deploy.local.ports import LOOPBACK

USER = "sluice"
READY_WITHIN_S = 15.0
POLL_S = 0.01
MAX_PAYLOAD = 8 * 1024 * 1024


def installed_program() -> str:
    """The wheel's, beside our Python; where wheels lie elsewhere, the one on PATH."""
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server") or str(beside)


class NatsServer:
    def __init__(self, folder: Path, port: int, password: str) -> None:
        self._folder = folder
        self._port = port
        self._password = password

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    @property
    def url(self) -> str:
        return f"nats://{USER}:{self._password}@{self.address}"

    def spec(self) -> ChildSpec:
        """Writes the configuration, too: the password stands there, since others can read a command line."""
        path = self._folder / "nats.conf"
        write_private(path, json.dumps(self.configuration(), indent=2))
        command = (installed_program(), "--config", str(path))
        return ChildSpec("nats", command, kind="nats")

    def configuration(self) -> dict[str, object]:
        """nats-server reads JSON. The store is synced every two minutes, its default: a crash of the process loses
        nothing, a power cut may lose that much (deploy/nats syncs always)."""
        return {
            "server_name": "sluice-local",
            "listen": f"{LOOPBACK}:{self._port}",
            "max_payload": MAX_PAYLOAD,
            "authorization": {"users": [{"user": USER, "password": self._password}]},
            "jetstream": {"store_dir": str(self._folder)},
        }

    async def wait_ready(self) -> None:
        """For whoever starts it alone, a test; the supervisor also watches that the process is alive."""
        async with asyncio.timeout(READY_WITHIN_S):
            while not await self.accepts():
                await asyncio.sleep(POLL_S)

    async def accepts(self) -> bool:
        """The server greets whoever connects with INFO."""
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
        except ConnectionRefusedError:
            return False
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line.startswith(b"INFO ")
