"""`make run`: starts, says what it does, stops cleanly, survives what can happen to it.

With stand-in services, which start in no time; the last test runs make and the product itself.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from socket import socket

import pytest

from deploy.local.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
READY = "Ctrl-C stops everything."
MARK = "SLUICE_TEST_RUN"
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"
)


class Runs:
    """Starts runs in one data folder, and knows which processes came of them."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._mark = f"{MARK}={folder}"
        self._ports = [f"--{name}={free_port()}" for name in ("port", "nats-port", "postgres-port")]
        self._started: list[subprocess.Popen[str]] = []

    def start(self, mode: str = "parent", *more: str) -> "subprocess.Popen[str]":
        program = [sys.executable, "-u", str(ROOT / "tests" / "integration" / "stub_run.py"), mode]
        return self._start([*program, f"--data={self.data}", *self._ports, *more])

    def make_run(self, *more: str) -> "subprocess.Popen[str]":
        """In a process group of its own, as a shell starts it; Ctrl-C reaches the group."""
        settings = [f"WEB_PORT={free_port()}", *(port[2:].upper().replace("-", "_") for port in self._ports)]
        return self._start(["make", "run", f"DATA={self.data}", *settings, *more])

    def _start(self, command: list[str]) -> "subprocess.Popen[str]":
        name, _, value = self._mark.partition("=")
        outer = {key: text for key, text in os.environ.items() if not key.startswith("MAKE")}
        process = subprocess.Popen(
            command,
            env={**outer, name: value, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._started.append(process)
        return process

    def processes(self) -> list[int]:
        """Whatever still runs with our mark in its environment."""
        found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in found if self._mark.encode() in environ_of(pid)]

    def wait_for_none(self, within_s: float) -> None:
        eventually(lambda: not self.processes(), within_s)

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.wait_for_none(25)


@pytest.fixture
def runs(tmp_path: Path) -> Generator[Runs]:
    runs = Runs(tmp_path)
    yield runs
    runs.close()


def environ_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def eventually(met: Callable[[], bool], within_s: float = 15) -> None:
    deadline = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def read_until(process: "subprocess.Popen[str]", text: str) -> str:
    """What it said up to and with a line that holds `text`."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return "".join(said)
    pytest.fail(f"ended without saying {text!r}:\n{''.join(said)}")


def interrupt(process: "subprocess.Popen[str]") -> str:
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    return rest


def test_starts_stops_and_starts_again_with_its_data(runs: Runs) -> None:
    first = runs.start()
    said = read_until(first, READY)
    assert "sign in    admin with the password s3cret (shown this once)" in said
    assert (
        said.index("✓ NATS")
        < said.index("✓ PostgreSQL with")
        < said.index("✓ Migrations")
        < said.index("✓ Services")
    )
    assert len(runs.processes()) > 5
    interrupt(first)
    assert runs.processes() == []

    started = time.monotonic()
    second = runs.start()
    said = read_until(second, READY)
    assert time.monotonic() - started < 15
    assert "s3cret" not in said
    assert "new cluster" not in said
    interrupt(second)


def test_secrets_are_for_their_owner_alone(runs: Runs) -> None:
    process = runs.start()
    read_until(process, READY)
    interrupt(process)
    private = [runs.data / "client.env", runs.data / "nats" / "nats.conf", *(runs.data / "secrets").iterdir()]
    assert len(private) == 5
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_sigterm_and_a_deaf_service(runs: Runs) -> None:
    process = runs.start("deaf")
    read_until(process, READY)
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "deaf-2 did not stop in 1 s and was killed" in rest
    assert runs.processes() == []


def test_a_killed_run_leaves_no_process(runs: Runs) -> None:
    process = runs.start()
    read_until(process, READY)
    process.kill()
    process.wait()
    runs.wait_for_none(25)


def test_the_run_after_a_killed_one_waits_for_what_that_left(runs: Runs) -> None:
    process = runs.start("deaf")
    read_until(process, READY)
    process.kill()
    process.wait()
    second = runs.start()
    said = read_until(second, READY)
    assert "the last run was killed" in said
    interrupt(second)
    assert runs.processes() == []


def test_a_second_run_on_the_same_data_says_so(runs: Runs) -> None:
    first = runs.start()
    read_until(first, READY)
    second = runs.start()
    said, _ = second.communicate(timeout=15)
    assert second.returncode == 1
    assert f"already running on {runs.data} (process {first.pid})" in said
    interrupt(first)


def test_a_taken_port_is_named_with_its_setting(runs: Runs) -> None:
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        process = runs.start("parent", f"--port={port}")
        said, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert f"port {port} is taken; choose another with PORT, such as: make run PORT={port + 1}" in said


def test_a_service_that_does_not_start_is_shown_with_its_log(runs: Runs) -> None:
    process = runs.start("broken")
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "broken-2 ended with status 1" in said
    assert "no such model" in said
    assert runs.processes() == []


def test_a_service_that_dies_is_started_again(runs: Runs) -> None:
    process = runs.start("parent")
    read_until(process, READY)
    victim = next(pid for pid in runs.processes() if is_parent_stub(pid))
    os.kill(victim, signal.SIGKILL)
    assert "starting it again in 0.5 s" in read_until(process, "parent-2 ended (signal 9)")
    eventually(lambda: any(is_parent_stub(pid) and pid != victim for pid in runs.processes()))
    interrupt(process)
    assert runs.processes() == []


def is_parent_stub(pid: int) -> bool:
    command = Path(f"/proc/{pid}/cmdline")
    return command.exists() and b"subprocess.Popen" in command.read_bytes()


def test_the_web_is_built_once_the_services_are_up_and_its_address_is_shown(runs: Runs) -> None:
    port = free_port()
    process = runs.start("steady", f"--web-port={port}")
    said = read_until(process, READY)
    assert said.index("✓ Services") < said.index("✓ Web: ") < said.index("✓ Web: Node 22.0.0")
    assert f"Sluice is ready: http://127.0.0.1:{port}\n" in said
    interrupt(process)
    assert runs.processes() == []


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("absent", "no web: there is no Node here; it needs Node 20.18"), ("broken", "cannot resolve")],
)
def test_without_the_web_everything_else_runs(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, trouble: str, words: str
) -> None:
    monkeypatch.setenv("STUB_WEB", trouble)
    process = runs.start("steady", f"--web-port={free_port()}")
    said = read_until(process, READY)
    assert words in said
    assert "Everything else runs" in said
    interrupt(process)
    assert runs.processes() == []


def test_interrupted_while_the_web_is_built(runs: Runs) -> None:
    process = runs.start("steady", f"--web-port={free_port()}")
    read_until(process, "… Web")
    interrupt(process)
    assert runs.processes() == []


def test_interrupted_while_it_starts(runs: Runs) -> None:
    process = runs.start()
    read_until(process, "✓ NATS")
    interrupt(process)
    assert runs.processes() == []


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_make_run_brings_the_product_up_and_ctrl_c_takes_it_down(runs: Runs) -> None:
    for is_first in (True, False):
        process = runs.make_run("ENGINE=simulated", "WORKERS=2")
        said = read_until(process, READY)
        for instance in ("audit-1", "embedder-1", "retriever-1", "inference-1", "inference-2", "edge-1"):
            assert f"{instance} is ready" in said
        assert "✓ Web: Node" in said
        assert ("with the password" in said) == is_first
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=40)
        assert "✓ Stopping" in rest
        assert "killed" not in rest
        assert runs.processes() == []
