"""A cluster with real engines: vLLM on the CPU, with the tiny model that the project makes. And what is done to them.

An engine of vLLM computes in a process of its own below the worker's; that is the one which dies or hangs here.
"""

import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import msgspec
import psutil

from deploy.local.engines import EngineChoice
from deploy.models.make_tiny_awq import ensure
from shared import subjects
from shared.broker import NatsBus
from shared.messages import WorkerStatus
from tests.chaos.cluster import Cluster, Shape
from tests.chaos.crowd import FULL, reading_all, until
from tests.chaos.node import Node
from tests.chaos.reading import Client, Reading
from tests.chaos.records import usage_records

MODEL = "gpt-4-local"
ENGINE_ARGS = {
    "dtype": "half",
    "enforce_eager": True,
    "kv_cache_memory_bytes": 64 * 1024 * 1024,
    "max_num_seqs": 8,
    "max_model_len": 2048,
}
ENVIRON = {
    "SLUICE_ENGINE_ARGS": json.dumps(ENGINE_ARGS),
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
}
if not FULL:
    ENVIRON["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # a process less a worker that takes seconds to load
LOADED_WITHIN_S = 240.0
BESIDE_THE_CORE = ("resource_tracker", "adapters.guard")  # a worker's other children


def with_engines(workers: int, services: Sequence[str]) -> Shape:
    engine = EngineChoice("vllm", str(ensure()), "as asked")
    return Shape(
        workers=workers, services=services, engine=engine, environ=ENVIRON, ready_within_s=LOADED_WITHIN_S
    )


def core_of(worker: Node) -> psutil.Process:
    """The process that computes."""
    children = psutil.Process(worker.pid).children()
    (core,) = [
        child
        for child in children
        if not any(beside in " ".join(child.cmdline()) for beside in BESIDE_THE_CORE)
    ]
    return core


async def left_alone(
    cluster: Cluster, client: Client, questions: Sequence[str], max_tokens: int
) -> list[Reading]:
    """Asks all, and returns the same questions to be asked again, each with the answer that it has to get."""
    calm = [Reading(question, max_tokens, model=MODEL) for question in questions]
    async with reading_all(client, calm, (0, 1)) as readers:
        await readers.over(120)
    assert [reading.ends for reading in calm] == [["finish"]] * len(calm), [
        reading.errors for reading in calm
    ]
    events = await usage_records(cluster.nats.url)
    tokens = {event.chat: event.usage.completion_tokens for event in events}
    return [replace(again(one), undisturbed=one.text, tokens=tokens[one.chat]) for one in calm]


def again(reading: Reading) -> Reading:
    """The same question, in another conversation, of which nothing is known yet."""
    fresh = Reading(reading.question, reading.max_tokens, model=reading.model)
    return replace(fresh, undisturbed=reading.undisturbed, tokens=reading.tokens)


@dataclass(frozen=True)
class Heard:
    at: float
    status: WorkerStatus


class Statuses:
    """What the workers say of themselves each second, as the edges hear it; by the names of their nodes."""

    def __init__(self) -> None:
        self._heard: dict[str, list[Heard]] = {}

    async def hear(self, _: str, data: bytes) -> None:
        status = msgspec.msgpack.decode(data, type=WorkerStatus)
        node = status.worker.removeprefix("inference-")
        self._heard.setdefault(node, []).append(Heard(time.monotonic(), status))

    async def says(self, node: str, *, ready: bool, since: float, within_s: float) -> float:
        """How long after `since` it said so first, in seconds."""
        found: list[float] = []

        def has_said() -> bool:
            heard = self._heard.get(node, [])
            found.extend(one.at - since for one in heard if one.at > since and one.status.ready == ready)
            return bool(found)

        await until(has_said, within_s, lambda: f"{node} did not say ready={ready} within {within_s} s")
        return found[0]


@asynccontextmanager
async def listening(cluster: Cluster) -> AsyncGenerator[Statuses]:
    bus = await NatsBus.connect(cluster.nats.url, "listener")
    try:
        statuses = Statuses()
        await bus.listen(subjects.STATUS, statuses.hear)
        yield statuses
    finally:
        await bus.close()
