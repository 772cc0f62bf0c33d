"""Whoever stops, or goes where he cannot come back, frees the engine: whatever his request was about to do.

The engine has one slot and others wait for it. That the next one begins is the engine's own word that the slot is
free, and the usage record is its count of the tokens that it made. A stop is one of `/v1/chat`, said at the other
edge; gone is an OpenAI client whose connection breaks.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from shared import subjects
from shared.broker import NatsBus
from shared.messages import ChatCancelled, WorkerStatus
from tests.chaos.cluster import Cluster, Shape, running_cluster
from tests.chaos.crowd import signed_in, until
from tests.chaos.http import ask, read_answer, request
from tests.chaos.reading import Client, Reading
from tests.chaos.records import usage_records

Phase = Literal["queued", "before the first token", "streaming", "not streaming"]
Way = Literal["stopped", "gone"]
PHASES: tuple[Phase, ...] = ("queued", "before the first token", "streaming", "not streaming")
FREE_WITHIN_S = 0.5
STEP_S = 0.02
TRIES = 3
"""A machine that is busy with something else may be late once."""
LONG = 4_000
SLOW_TO_READ = "word " * 3_000
ENVIRON = {"SLUICE_SIM_SLOTS": "1", "SLUICE_SIM_PREFILL_TOKENS_PER_S": "200", "SLUICE_RESUME_GRACE_S": "60"}

pytestmark = pytest.mark.timeout(240)


class Asker:
    """A request whose connection is held, so that it can be broken at any moment."""

    def __init__(self, client: Client, way: Way, *, content: str = "", stream: bool = True) -> None:
        message = {"role": "user", "content": content or uuid.uuid4().hex}
        self.chat = uuid.uuid4().hex if way == "stopped" else ""
        self._client = client
        self._path = "/v1/chat" if way == "stopped" else "/v1/chat/completions"
        self._body = {"model": "simulated", "messages": [message], "max_tokens": LONG, "stream": stream}
        if self.chat:
            self._body |= {"id": self.chat, "retrieval": False}
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.asked_at = 0.0

    async def ask(self) -> None:
        self._connection = await asyncio.open_connection("127.0.0.1", self._client.ports[0])
        _, writer = self._connection
        writer.write(request("POST", self._path, token=self._client.token, body=self._body))
        self.asked_at = time.monotonic()
        await writer.drain()

    async def begun(self) -> None:
        assert self._connection is not None
        async with asyncio.timeout(20):
            answer = await read_answer(*self._connection)
            assert answer.status == 200
            await anext(answer.chunks())

    async def end(self) -> None:
        """In its own way."""
        if self.chat:
            path = f"/v1/chat/{self.chat}/stop"
            status, body = await ask(self._client.ports[1], "POST", path, token=self._client.token)
            assert status == 204, body
        else:
            self.close()

    def close(self) -> None:
        assert self._connection is not None
        self._connection[1].transport.abort()


class Engine:
    """What the worker says of it, each second."""

    def __init__(self) -> None:
        self.status: WorkerStatus | None = None

    async def hear(self, _: str, data: bytes) -> None:
        self.status = msgspec.msgpack.decode(data, type=WorkerStatus)

    async def runs(self, count: int) -> None:
        self.status = None
        await until(
            lambda: self.status is not None and self.status.running == count,
            20,
            lambda: f"the engine says {self.status}",
        )


@asynccontextmanager
async def one_slot(folder: Path) -> AsyncGenerator[tuple[Cluster, Client, Engine]]:
    async with running_cluster(folder, Shape(workers=1, environ=ENVIRON)) as cluster:
        client, engine = await signed_in(cluster), Engine()
        bus = await NatsBus.connect(cluster.nats.url, "watcher")
        try:
            await bus.listen(subjects.STATUS, engine.hear)
            yield cluster, client, engine
        finally:
            await bus.close()


@asynccontextmanager
async def next_in_line(client: Client) -> AsyncGenerator[Reading]:
    reading = Reading(uuid.uuid4().hex, 3)
    task = asyncio.create_task(client.read(reading))
    try:
        await asyncio.sleep(0.3)
        assert not reading.text
        yield reading
        await asyncio.wait_for(task, 10)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Case(msgspec.Struct):
    """How long the next one waited for its first word, and the most tokens that the engine may have made until then
    of the one that ended."""

    phase: Phase
    chat: str
    took_s: float
    most: int


async def case(client: Client, engine: Engine, phase: Phase, way: Way) -> Case:
    content = SLOW_TO_READ if phase == "before the first token" else ""
    holder = Asker(client, "stopped")
    victim = Asker(client, way, content=content, stream=phase != "not streaming")
    if phase == "queued":
        await holder.ask()
        await holder.begun()
    await victim.ask()
    if phase == "streaming":
        await victim.begun()
    await engine.runs(1)
    async with next_in_line(client) as following:
        if phase == "queued":
            await victim.end()
            await asyncio.sleep(0.3)
        ended_at = time.monotonic()
        await (holder if phase == "queued" else victim).end()
        await until(lambda: bool(following.arrivals), 10, lambda: f"{phase}, {way}: the slot is not free")
        took_s = following.arrivals[0] - ended_at
    victim.close()
    if phase == "queued":
        holder.close()
    await engine.runs(0)
    made_for_s = ended_at - victim.asked_at + FREE_WITHIN_S
    most = int(made_for_s / STEP_S) if phase in ("streaming", "not streaming") else 0
    return Case(phase, victim.chat, took_s, most)


@pytest.mark.parametrize("way", ["stopped", "gone"])
async def test_the_engine_is_free_at_once(tmp_path: Path, way: Way) -> None:
    async with one_slot(tmp_path / "cluster") as (cluster, client, engine):
        cases: list[Case] = []
        for phase in PHASES:
            for _ in range(TRIES):
                cases.append(await case(client, engine, phase, way))
                if cases[-1].took_s < FREE_WITHIN_S:
                    break
            assert cases[-1].took_s < FREE_WITHIN_S, cases
        records = [one for one in await usage_records(cluster.nats.url) if isinstance(one, ChatCancelled)]
        chats = {one.chat for one in cases}
        made = [one.usage.completion_tokens for one in records if one.chat in chats]
        assert len(made) == len(cases), (made, cases)
        assert all(tokens <= one.most for tokens, one in zip(made, cases, strict=True)), (made, cases)
        print(f"{way}:", [(one.phase, round(1000 * one.took_s)) for one in cases], made)  # noqa: T201
