"""Two edges, real NATS, PostgreSQL and a worker: an answer is found again, stopped, and outlives its edge."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from tests.edge import RunningEdge, add_user, running_edge
from tests.proxy import proxied
from tests.worker import running_worker

GRACE_S = 1.0
ASKED = {
    "id": "c1",
    "trigger": "submit-message",
    "messages": [{"role": "user", "content": "Tell me of water."}],
}


class Pair(msgspec.Struct):
    one: RunningEdge
    two: RunningEdge
    headers: dict[str, str]
    nats_url: str

    @asynccontextmanager
    async def asking(self, max_tokens: int) -> AsyncGenerator[AsyncIterator[str]]:
        body = {**ASKED, "max_tokens": max_tokens}
        async with self.one.http.stream("POST", "/v1/chat", json=body, headers=self.headers) as stream:
            assert stream.status_code == 200, await stream.aread()
            yield stream.aiter_lines()

    async def resume(self, chat: str = "c1") -> httpx.Response:
        return await self.two.http.get(f"/v1/chat/{chat}/stream", headers=self.headers)

    async def stop(self) -> httpx.Response:
        return await self.two.http.post("/v1/chat/c1/stop", headers=self.headers)

    async def stored(self, within_s: float = 5) -> dict[str, Any]:
        """The answer, once it is in the history."""
        async with asyncio.timeout(within_s):
            while True:
                read = await self.two.http.get("/v1/conversations/c1", headers=self.headers)
                if read.status_code == 200 and len(messages := read.json()["messages"]) == 2:
                    return messages[1]
                await asyncio.sleep(0.02)


@pytest.fixture
async def pair(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Pair]:
    await add_user(database_url)
    await add_user(database_url, "eve")
    async with (
        running_edge(nats_url, database_url, tmp_path, instance="1", resume_grace_s=GRACE_S) as one,
        running_edge(nats_url, database_url, tmp_path, instance="2", resume_grace_s=GRACE_S) as two,
    ):
        yield Pair(one, two, await one.sign_in(), nats_url)


def events_of(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event.get("delta", "") for event in events)


async def some(lines: AsyncIterator[str], deltas: int = 5) -> list[str]:
    seen: list[str] = []
    while sum("text-delta" in line for line in seen) < deltas:
        seen.append(await anext(lines))
    return seen


async def test_a_reader_who_left_finds_the_whole_answer_at_another_edge(pair: Pair) -> None:
    async with running_worker(pair.nats_url, sim_step_ms=5) as worker:
        async with pair.asking(400) as lines:
            before = events_of(await some(lines))
        again = await pair.resume()
        events = events_of(again.text.splitlines())
        assert events[0] == before[0]
        assert events[0]["type"] == "start"
        assert text_of(events).startswith(text_of(before))
        assert len(text_of(events).split()) == 400
        assert again.text.endswith("data: [DONE]\n\n")
        stored = await pair.stored()
        assert (stored["text"], stored["id"]) == (text_of(events), events[0]["messageId"])
        assert stored.get("status", "complete") == "complete"
        assert worker.slots.running == 0
        assert (await pair.resume()).status_code == 204
    assert (await pair.resume("c9")).status_code == 404
    pair.headers = await pair.two.sign_in("eve")
    assert (await pair.resume()).status_code == 404


async def test_the_answer_of_a_reader_who_stays_away_is_stopped_after_the_grace(pair: Pair) -> None:
    async with running_worker(pair.nats_url, sim_step_ms=5) as worker:
        async with pair.asking(4000) as lines:
            await some(lines)
        left_at = time.monotonic()
        async with asyncio.timeout(GRACE_S + 2):
            while worker.slots.running:
                await asyncio.sleep(0.01)
        assert GRACE_S < time.monotonic() - left_at < GRACE_S + 1
        stored = await pair.stored()
        assert stored["status"] == "cancelled"
        assert len(stored["text"].split()) > 100


async def test_a_second_tab_that_closes_takes_nothing_from_the_first(pair: Pair) -> None:
    async with running_worker(pair.nats_url, sim_step_ms=5), pair.asking(600) as lines:
        seen = await some(lines)
        path = "/v1/chat/c1/stream"
        async with pair.two.http.stream("GET", path, headers=pair.headers) as tab:
            await some(tab.aiter_lines())
        seen += [line async for line in lines]
        assert len(text_of(events_of(seen)).split()) == 600


async def test_a_job_that_still_waits_is_found_again_when_its_asker_has_gone(pair: Pair) -> None:
    async with running_worker(pair.nats_url, sim_step_ms=5, sim_slots=1):
        busy = {**ASKED, "id": "busy", "max_tokens": 700}
        first = asyncio.create_task(pair.two.http.post("/v1/chat", json=busy, headers=pair.headers))
        await asyncio.sleep(0.3)
        async with pair.asking(20):
            pass  # it began with its sources, after a while of waiting
        again = await pair.resume()
        assert len(text_of(events_of(again.text.splitlines())).split()) == 20
        assert (await first).status_code == 200


@pytest.mark.parametrize("waits", [False, True])
async def test_any_edge_stops_an_answer_and_all_its_streams_end(pair: Pair, waits: bool) -> None:
    async with running_worker(pair.nats_url, sim_step_ms=5, sim_slots=1) as worker:
        busy = {**ASKED, "id": "busy", "max_tokens": 4000 if waits else 1}
        first = asyncio.create_task(pair.two.http.post("/v1/chat", json=busy, headers=pair.headers))
        await asyncio.sleep(0.3)
        async with pair.asking(4000) as lines:
            seen = [] if waits else await some(lines)
            tab = asyncio.create_task(pair.resume())
            await asyncio.sleep(0.3)
            stopped_at = time.monotonic()
            assert (await pair.stop()).status_code == 204
            seen += [line async for line in lines]
            assert time.monotonic() - stopped_at < 0.5
        for events in (events_of(seen), events_of((await tab).text.splitlines())):
            assert events[-1] == {"type": "abort"}
        assert (await pair.stop()).status_code == 204
        assert worker.slots.running == int(waits)
        stored = await pair.stored()
        assert (stored["status"], bool(stored["text"])) == ("cancelled", not waits)
        await pair.two.http.post("/v1/chat/busy/stop", headers=pair.headers)
        await first


async def test_an_edge_that_ends_leaves_its_streams_to_the_other(pair: Pair) -> None:
    async with running_worker(pair.nats_url, sim_step_ms=5):
        async with pair.asking(500) as lines:
            before = await some(lines)
            pair.one.edge.drain()
            ready = await pair.one.http.get("/health/ready")
            assert (ready.status_code, ready.json()["draining"]) == (503, True)
            refused = await pair.one.http.post("/v1/chat", json=ASKED, headers=pair.headers)
            assert refused.status_code == 503
            before += await some(lines)
            await pair.one.edge.end_streams()
            with pytest.raises(httpx.RemoteProtocolError):
                await some(lines, deltas=1000)
        assert not any("finish" in line or "error" in line for line in before)
        events = events_of((await pair.resume()).text.splitlines())
        assert text_of(events).startswith(text_of(events_of(before)))
        assert len(text_of(events).split()) == 500
        assert (await pair.stored())["text"] == text_of(events)


async def test_a_full_queue_refuses_within_a_moment(nats_url: str, database_url: str, tmp_path: Path) -> None:
    await add_user(database_url)
    async with (
        running_edge(nats_url, database_url, tmp_path, queue_jobs=3) as edge,
        running_worker(nats_url, sim_step_ms=5, sim_slots=1),
    ):
        headers = await edge.sign_in()

        async def post(chat: str, max_tokens: int = 4000) -> httpx.Response:
            body = {**ASKED, "id": chat, "max_tokens": max_tokens}
            return await edge.http.post("/v1/chat", json=body, headers=headers)

        full = [asyncio.create_task(post(f"full-{n}")) for n in range(3)]
        await asyncio.sleep(0.5)
        for n in range(3):
            began = time.monotonic()
            refused = await post(f"late-{n}")
            assert time.monotonic() - began < 0.1
            assert refused.status_code == 503, refused.text
            assert 1 <= int(refused.headers["retry-after"]) <= 60
        for n in range(3):
            stopped = await edge.http.post(f"/v1/chat/full-{n}/stop", headers=headers)
            assert stopped.status_code == 204
        await asyncio.gather(*full)
        async with asyncio.timeout(5):
            while (again := await post("again", 2)).status_code != 200:
                await asyncio.sleep(0.05)
        assert again.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("waits", [True, False])
async def test_a_stop_that_an_edge_could_not_hear_ends_its_stream_when_it_is_back(
    nats_url: str, database_url: str, tmp_path: Path, waits: bool
) -> None:
    await add_user(database_url)
    port = urlsplit(nats_url).port or 0
    async with (
        proxied(port) as nats,
        running_edge(nats_url.replace(f":{port}", f":{nats.port}"), database_url, tmp_path) as cut_off,
        running_edge(nats_url, database_url, tmp_path, instance="2") as other,
        running_worker(nats_url, sim_step_ms=5, sim_slots=1) as worker,
    ):
        pair = Pair(cut_off, other, await other.sign_in(), nats_url)
        busy = {**ASKED, "id": "busy", "max_tokens": 4000 if waits else 1}
        first = asyncio.create_task(other.http.post("/v1/chat", json=busy, headers=pair.headers))
        await asyncio.sleep(0.3)
        async with pair.asking(4000) as lines:
            seen = [] if waits else await some(lines)
            await nats.become("gone")
            assert (await pair.stop()).status_code == 204
            async with asyncio.timeout(5):
                while worker.slots.running > int(waits):
                    await asyncio.sleep(0.02)
            await nats.become("passing")
            async with asyncio.timeout(8):
                seen += [line async for line in lines]
        assert events_of(seen)[-1] == {"type": "abort"}
        assert (await pair.stored())["status"] == "cancelled"
        await other.http.post("/v1/chat/busy/stop", headers=pair.headers)
        await first
