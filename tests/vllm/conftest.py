"""One vLLM for the session, on the tiny model that the project makes itself."""

import dataclasses
import os
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.child import Child
from deploy.local.nats_server import NatsServer
from deploy.local.ports import free_port
from deploy.models.make_tiny_awq import ensure
from shared.messages import ServedModel
from tests.conftest import ServerLoop

ROOT = Path(__file__).resolve().parents[2]

# vLLM reads these when it is imported, which the test modules do.
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")  # one process less that imports torch
os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # threads that wait for one another by spinning starve a busy machine
os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
os.environ.setdefault("VLLM_CONFIGURE_LOGGING", "0")

ENGINE_ARGS = """{
    "dtype": "half", "enforce_eager": true, "kv_cache_memory_bytes": 33554432, "max_num_seqs": 8, "max_model_len": 2048
}"""
HANG_S = 3.0


@pytest.fixture(scope="session")
def tiny_model() -> Path:
    return ensure()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(tiny_model: Path) -> AsyncGenerator[object]:
    from services.inference.adapters.vllm import VllmEngine, VllmOptions

    options = VllmOptions(model=str(tiny_model), engine_args=ENGINE_ARGS, hang_s=HANG_S, tool_parser="hermes")
    started = VllmEngine(options, worker="worker", models=(ServedModel("gpt-4-local", 0),))
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
def nats_url(server_loop: ServerLoop, tmp_path: Path) -> Generator[str]:
    """As everywhere, but its program lies in the default environment, beside this one."""
    server = NatsServer(tmp_path, free_port(), "test")
    spec = server.spec()
    program = ROOT / ".venv" / "bin" / "nats-server"
    spec = dataclasses.replace(spec, command=(str(program), *spec.command[1:]))
    child = server_loop.run(Child.start(spec, tmp_path / "nats.log"))
    try:
        server_loop.run(server.wait_ready())
        yield server.url
    finally:
        server_loop.run(child.stop())
