"""The embedded NATS server: JetStream on disk, loopback only, a password that is made on the first start."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from deploy.local.child import ChildSpec
from deploy.local.data import write_private
from deploy.local.errors import StartError
from deploy.local.ports import LOOPBACK

USER = "sluice"
READY_WITHIN_S = 15.0
MAX_PAYLOAD = 8 * 1024 * 1024


class NatsServer:
    def __init__(self, folder: Path, port: int, password: str) -> None:
        self._folder = folder
        self._port = port
        self._password = password

    @property
    def url(self) -> str:
        return f"nats://{USER}:{self._password}@{LOOPBACK}:{self._port}"

    def spec(self) -> ChildSpec:
        """Writes the configuration, too: the password stands there, since others can read a command line."""
        path = self._folder / "nats.conf"
        write_private(path, json.dumps(self.configuration(), indent=2))
        command = (str(Path(sys.executable).with_name("nats-server")), "--config", str(path))
        return ChildSpec("nats", command, kind="nats", stop_signal=signal.SIGTERM)

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
        """The server greets whoever connects with INFO. `StartError` when it does not in time."""
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not await self._greets():
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise StartError(
                f"NATS did not answer on port {self._port} within {READY_WITHIN_S:.0f} s"
            ) from error

    async def _greets(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
        except ConnectionRefusedError:
            return False
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return line.startswith(b"INFO ")
