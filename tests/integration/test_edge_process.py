"""`python -m services.edge` as a process: how it starts, how it ends, what it leaves in its log."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from deploy.local.ports import free_port
from tests.edge import PASSWORD, add_user, until_ok
from tests.worker import running_worker

STEP_MS = 50.0
TOKENS = 60
"""Three seconds of an answer."""


class Process(msgspec.Struct):
    child: asyncio.subprocess.Process
    http: httpx.AsyncClient
    log: Path

    async def ended(self, within_s: float) -> int:
        return await asyncio.wait_for(self.child.wait(), within_s)


def environ(nats_url: str, database_url: str, keys: Path, port: int, **settings: str) -> dict[str, str]:
    ours = {
        "nats_url": nats_url,
        "database_url": database_url,
        "keys_dir": str(keys),
        "http_port": str(port),
        **settings,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")}
    return clean | {f"SLUICE_{name.upper()}": value for name, value in ours.items()}


async def start(log: Path, environment: dict[str, str]) -> asyncio.subprocess.Process:
    with log.open("wb") as out:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.edge", stdout=out, stderr=out, env=environment
        )


@asynccontextmanager
async def running(nats_url: str, database_url: str, folder: Path, **settings: str) -> AsyncGenerator[Process]:
    await add_user(database_url)
    port = free_port()
    log = folder / "edge.log"
    child = await start(log, environ(nats_url, database_url, folder / "keys", port, **settings))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        try:
            await until_ok(http, "/health/ready", within_s=30)
            yield Process(child, http, log)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()


async def sign_in(http: httpx.AsyncClient) -> dict[str, str]:
    pair = (await http.post("/login", json={"username": "ada", "password": PASSWORD})).json()
    return {"Authorization": f"Bearer {pair['access_token']}"}


async def stream(
    process: Process, headers: dict[str, str], path: str = "/v1/chat?protocol=data"
) -> list[str]:
    """Asks; once the answer has begun, SIGTERM. All lines of the answer."""
    body = {"messages": [{"role": "user", "content": "Tell me."}], "model": "simulated", "max_tokens": TOKENS}
    lines: list[str] = []
    async with process.http.stream("POST", path, json={**body, "stream": True}, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for line in answer.aiter_lines():
            lines.append(line)
            if len(lines) == 5:
                process.child.send_signal(signal.SIGTERM)
    return lines


async def test_sigterm_lets_streams_finish(nats_url: str, database_url: str, tmp_path: Path) -> None:
    async with (
        running(nats_url, database_url, tmp_path, shutdown_grace_s="20") as process,
        running_worker(nats_url, sim_step_ms=STEP_MS, sim_max_tokens=TOKENS),
    ):
        headers = await sign_in(process.http)
        asking = asyncio.create_task(stream(process, headers))
        lines = await asking
        assert sum(line.startswith("0:") for line in lines) == TOKENS
        assert lines[-1].startswith('d:{"finishReason"')
        assert await process.ended(within_s=8) == 0
        with pytest.raises(httpx.ConnectError):
            await process.http.get("/health/live")
        told = process.log.read_text()
        assert "edge.stopped" in told
        assert PASSWORD not in told
        assert headers["Authorization"].split()[1] not in told


async def test_streams_that_outlive_the_grace_are_cut_and_go_on(
    nats_url: str, database_url: str, tmp_path: Path
) -> None:
    """Another edge may be asked for them."""
    async with (
        running(nats_url, database_url, tmp_path, shutdown_grace_s="0.5") as process,
        running_worker(nats_url, sim_step_ms=STEP_MS * 10, sim_max_tokens=TOKENS) as worker,
    ):
        began = time.monotonic()
        headers = await sign_in(process.http)
        with pytest.raises(httpx.RemoteProtocolError):
            await stream(process, headers)
        assert await process.ended(within_s=8) == 0
        assert time.monotonic() - began < 15  # the answer itself would take thirty
        await asyncio.sleep(0.5)
        assert worker.slots.running == 1


async def test_streams_that_nobody_can_go_on_with_are_told(
    nats_url: str, database_url: str, tmp_path: Path
) -> None:
    async with (
        running(nats_url, database_url, tmp_path, shutdown_grace_s="0.5") as process,
        running_worker(nats_url, sim_step_ms=STEP_MS * 10, sim_max_tokens=TOKENS) as worker,
    ):
        lines = await stream(process, await sign_in(process.http), "/v1/chat/completions")
        assert '"error"' in lines[-4], lines[-6:]
        assert lines[-2] == "data: [DONE]"
        assert await process.ended(within_s=8) == 0
        assert worker.slots.running == 0


async def test_a_taken_port_is_said_plainly(nats_url: str, database_url: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        child = await start(tmp_path / "log", environ(nats_url, database_url, tmp_path, port))
        assert await asyncio.wait_for(child.wait(), 30) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in (tmp_path / "log").read_text()


async def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    environment = environ("nats://x", "", tmp_path, 1)
    child = await start(tmp_path / "log", environment)
    assert await asyncio.wait_for(child.wait(), 30) == 2
    assert "SLUICE_DATABASE_URL" in (tmp_path / "log").read_text()
