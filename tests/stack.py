"""The whole product as `make run` starts it, for as long as a test or a benchmark needs it."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import free_port

READY_WITHIN_S = 120.0
STOPPED_WITHIN_S = 60.0
ONE_USER_ASKS_ALL = {"SLUICE_CHAT_MAX_STREAMS_PER_USER": "100000"}
PASSWORD = re.compile(r"with the password (\S+)")


@dataclass
class Stack:
    url: str
    nats_url: str
    process: subprocess.Popen[bytes]
    log: Path
    password: str
    """Of `admin`; empty when the data folder had an administrator before."""

    def sign_in(self, username: str = "admin", password: str = "") -> str:
        """An access token."""
        body = json.dumps({"username": username, "password": password or self.password}).encode()
        request = urllib.request.Request(
            f"{self.url}/login", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)["access_token"]

    def stop(self) -> int:
        """As Ctrl-C does; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOPPED_WITHIN_S)


@contextmanager
def running_stack(
    engine: str = "extractive",
    *,
    workers: int = 1,
    data: Path | None = None,
    model: str = "",
    environ: Mapping[str, str] | None = None,
) -> Generator[Stack]:
    """Stopped at the end, if it was not before. A data folder of its own is thrown away, a given one kept."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as temporary:
        folder = data or Path(temporary) / "data"
        stack = start_stack(engine, workers, folder, model, environ or {})
        try:
            yield stack
        finally:
            if stack.process.poll() is None:
                stack.stop()


def start_stack(engine: str, workers: int, folder: Path, model: str, environ: Mapping[str, str]) -> Stack:
    port = free_port()
    folder.parent.mkdir(parents=True, exist_ok=True)
    log = folder.parent / f"{folder.name}-run.log"
    ports = ["--port", port, "--nats-port", free_port(), "--postgres-port", free_port()]
    arguments = [
        "--engine",
        engine,
        "--workers",
        workers,
        "--data",
        folder,
        "--model",
        model,
        *ports,
        "--stop-with-parent",
    ]
    settings = folder / "client.env"
    settings.unlink(missing_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", *map(str, arguments)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ONE_USER_ASKS_ALL, **environ},
        )
    text = wait_until_ready(process, log)
    found = PASSWORD.search(re.sub(r"\x1b\[[0-9;]*m", "", text))
    known = dict(line.split("=", 1) for line in settings.read_text().splitlines())
    password = found.group(1) if found else ""
    return Stack(known["SLUICE_URL"], known["SLUICE_NATS_URL"], process, log, password)


def wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + READY_WITHIN_S
    while "Ctrl-C stops everything" not in (text := log.read_text(errors="replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"the stack did not come up:\n{text}")
        time.sleep(0.1)
    return text
