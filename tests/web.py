"""The web client as `make run` starts it, in front of whatever listens on a port, for as long as a test needs it."""

import io
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.console import Console
from deploy.local.logs import Logs
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.web import HEALTH, Web
from deploy.local.web_build import ROOT, WebBuild, find_node

READY_WITHIN_S = 30.0
STOPPED_WITHIN_S = 15.0


@contextmanager
def running_web(edge_port: int, folder: Path) -> Generator[int]:
    """Its port. Raises `RuntimeError` when its build is not of its sources, or it does not come up."""
    node = find_node(os.environ)
    if not WebBuild(ROOT, node).is_current():
        raise RuntimeError("the web is not built from its sources of now: make setup-web")
    port = free_port()
    web = Web(ROOT, port, edge_port, os.environ, Console(io.StringIO(), colour=False), Logs(folder))
    spec = web.spec(node)
    log = folder / "web.log"
    with log.open("ab") as out:
        process = subprocess.Popen(spec.command, stdout=out, stderr=subprocess.STDOUT, env=spec.environment)
    try:
        wait_until_ready(f"http://{LOOPBACK}:{port}{HEALTH}", process, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the web did not come up:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
