"""The two servers, each alone on the GPU: Sluice's processes, and vLLM's own OpenAI server."""

import asyncio
import json
import os
import signal
import urllib.request
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from bench.gpu.load import Target
from deploy.local.child import Child, ChildSpec
from deploy.local.engines import EngineChoice
from deploy.local.launch import ROOT
from deploy.local.ports import LOOPBACK, free_port
from tests.chaos.cluster import Cluster, Shape, running_cluster

READY_WITHIN_S = 400.0
POLL_S = 0.25
MODEL = "bench"
VLLM_PYTHON = str(ROOT / ".venv-vllm" / "bin" / "python")
QUIET = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What all servers are given alike."""

    model: Path
    engine_args: dict[str, Any]
    folder: Path


@asynccontextmanager
async def vllm_server(machine: Machine, api_servers: int) -> AsyncGenerator[Target]:
    port, name = free_port(), f"vllm-{api_servers}"
    served = ["--served-model-name", MODEL, "--port", str(port), "--host", LOOPBACK]
    several = ["--api-server-count", str(api_servers)] if api_servers > 1 else []
    command = [VLLM_PYTHON, "-m", "vllm.entrypoints.cli.main", "serve", str(machine.model)]
    spec = ChildSpec(
        name,
        [*command, *served, *several, *flags(machine.engine_args)],
        {**os.environ, **QUIET},
        stop_signal=signal.SIGINT,
        grace_s=30.0,
    )
    child = await Child.start(spec, machine.folder / f"{name}.log")
    try:
        await answers(f"http://{LOOPBACK}:{port}/health", child)
        yield Target(name=name, ports=(port,), model=MODEL, token="none", roots=(child.pid,))
    finally:
        await child.stop()


def flags(engine_args: Mapping[str, Any]) -> list[str]:
    """Engine arguments as its command line has them."""
    found: list[str] = []
    for name, value in engine_args.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            found.append(flag if value else "--no-" + flag[2:])
        else:
            found += [flag, json.dumps(value) if isinstance(value, dict) else str(value)]
    return found


async def answers(url: str, child: Child) -> None:
    """Waits until it says 200."""
    async with asyncio.timeout(READY_WITHIN_S):
        while not await asyncio.to_thread(_is_ready, url):
            if child.exit_status is not None:
                raise RuntimeError(f"{child.spec.name} ended with {child.exit_status}: see its log")
            await asyncio.sleep(POLL_S)


@asynccontextmanager
async def sluice(machine: Machine, front_ends: int, edges: int) -> AsyncGenerator[Target]:
    name = f"sluice-{front_ends}x{edges}"
    shape = Shape(
        edges=edges,
        workers=1,
        engine=EngineChoice("vllm", str(machine.model), "as asked"),
        ready_within_s=READY_WITHIN_S,
        environ={
            **QUIET,
            "SLUICE_ENGINE_ARGS": json.dumps(machine.engine_args),
            "SLUICE_ENGINE_FRONT_ENDS": str(front_ends),
            "SLUICE_SERVED_MODEL_NAME": MODEL,
        },
    )
    async with running_cluster(machine.folder / name, shape) as cluster:
        yield Target(
            name=name,
            ports=tuple(cluster.ports[:edges]),
            model=MODEL,
            token=await asyncio.to_thread(sign_in, cluster),
            roots=tuple(node.pid for node in cluster.nodes.values()),
        )


def sign_in(cluster: Cluster) -> str:
    body = json.dumps({"username": "admin", "password": cluster.password}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{LOOPBACK}:{cluster.ports[0]}/login", body, headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)["access_token"]


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False
