"""The web client as it is built, in front of an edge, for as long as a test needs it."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.ports import LOOPBACK, free_port

ROOT = Path(__file__).resolve().parents[1]
SERVER = ROOT / "services" / "web" / ".next" / "standalone" / "server.js"
BUILT_WITHIN_S = 600.0
READY_WITHIN_S = 30.0
STOPPED_WITHIN_S = 10.0


def build() -> None:
    """Says nothing and takes a moment when there is nothing to do."""
    command = [sys.executable, "-m", "deploy.local.web_build"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=BUILT_WITHIN_S)


@contextmanager
def running_web(edge_url: str, log: Path) -> Generator[str]:
    """Its address. Built first where its sources have changed. Raises `RuntimeError` when it does not come up."""
    build()
    port = free_port()
    own = {"PORT": str(port), "HOSTNAME": LOOPBACK, "SLUICE_EDGE_URL": edge_url, "NODE_ENV": "production"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["node", str(SERVER)], stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **own}
        )
    try:
        url = f"http://{LOOPBACK}:{port}"
        wait_until_ready(url, process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not answers(f"{url}/sign-in"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the web did not come up:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
