"""Conversations return to the worker that holds their beginning: several workers on a real NATS server."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from nats.aio.msg import Msg

from services.inference.app import App
from shared import subjects
from shared.broker import NatsBus
from shared.errors import InvalidRequest
from shared.messages import (
    ChatCompleted,
    ChatMessage,
    Offer,
    OfferReply,
    Sampling,
    ServedModel,
    Started,
    WorkerStatus,
)
from tests.worker import Answered, Asker, asking, begun, events_of, gather, running_worker, text_of


@asynccontextmanager
async def workers(
    nats_url: str, *names: str, slots: int = 8, affinity: bool = True
) -> AsyncGenerator[dict[str, App]]:
    async with AsyncExitStack() as stack:
        apps: dict[str, App] = {}
        for name in names:
            worker = running_worker(
                nats_url, instance=name, sim_step_ms=1, sim_slots=slots, prefix_affinity=affinity
            )
            apps[name] = await stack.enter_async_context(worker)
        await asyncio.sleep(1.1)  # each has heard of each
        yield apps


def whose(answered: Answered) -> str:
    (started,) = [part for part in answered.parts if isinstance(part, Started)]
    return started.worker.removeprefix("inference-")


async def turn(asker: Asker, chat: str, number: int, tokens: int = 4) -> Answered:
    return await asker.ask(
        asker.job(
            f"turn {number}", request=f"{chat}-{number}", chat=chat, sampling=Sampling(max_tokens=tokens)
        )
    )


async def homes(asker: Asker, chats: int, number: int) -> dict[str, str]:
    """Which worker answers which conversation."""
    names = [f"c{chat}" for chat in range(chats)]
    answers = await asyncio.gather(*(turn(asker, name, number) for name in names))
    return dict(zip(names, map(whose, answers), strict=True))


async def test_a_conversation_returns_to_its_worker_and_all_have_some(nats_url: str) -> None:
    async with asking(nats_url) as asker, workers(nats_url, "1", "2", "3", "4", slots=64):
        first = await homes(asker, 40, 1)
        assert len(set(first.values())) == 4
        assert await homes(asker, 40, 2) == first
        assert await homes(asker, 40, 3) == first
        assert await asker.waiting() == 0  # whoever took it has settled it


async def test_what_a_conversation_said_before_is_in_the_cache_and_usage_says_so(nats_url: str) -> None:
    """By its beginning: no client of OpenAI's API names its conversations."""
    async with asking(nats_url) as asker, workers(nats_url, "1", "2", "3"):
        for chat in range(6):
            question = ChatMessage(role="user", content=f"question {chat} " * 50)
            first = await asker.ask(asker.job("", request=f"c{chat}-1", messages=(question,)))
            assert first.end.usage.cached_tokens == 0
            said = ChatMessage(role="assistant", content=text_of(first))
            again = ChatMessage(role="user", content="And then?")
            second = await asker.ask(asker.job("", request=f"c{chat}-2", messages=(question, said, again)))
            assert second.end.usage.cached_tokens == 112  # of 104 + 20 tokens, in blocks of 16


async def test_without_affinity_it_goes_to_whoever_is_free(nats_url: str) -> None:
    async with asking(nats_url) as asker, workers(nats_url, "1", "2", affinity=False):
        seen = Counter([whose(await turn(asker, "c1", number)) for number in range(12)])
        assert set(seen) == {"1", "2"}


async def test_a_full_worker_spills_without_waiting(nats_url: str) -> None:
    async with asking(nats_url) as asker, workers(nats_url, "1", "2", slots=2) as apps:
        home = whose(await turn(asker, "c1", 1))
        busy = [
            await asker.submit(
                asker.job("long", request=f"long{n}", chat="c1", sampling=Sampling(max_tokens=4000))
            )
            for n in range(2)
        ]
        for incoming in busy:
            await begun(incoming)
        assert apps[home].slots.running == 2
        began = time.monotonic()
        assert whose(await turn(asker, "c1", 2)) != home
        assert time.monotonic() - began < 0.5
        for n in range(2):
            await apps[home].engine.abort(f"long{n}")
        for incoming in busy:
            await gather(incoming)
        await asyncio.sleep(0.2)
        assert whose(await turn(asker, "c1", 3)) == home


async def test_a_worker_that_joins_gets_its_share(nats_url: str) -> None:
    async with asking(nats_url) as asker, workers(nats_url, "1", "2", slots=64):
        before = await homes(asker, 40, 1)
        async with workers(nats_url, "3", slots=64):
            after = await homes(asker, 40, 2)
            moved = {chat for chat in before if after[chat] != before[chat]}
            assert {after[chat] for chat in moved} == {"3"}
            assert 4 <= len(moved) <= 24
        assert await homes(asker, 40, 3) == before  # it has drained, and theirs are theirs again


@asynccontextmanager
async def process(nats_url: str, name: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    told = {
        "SLUICE_NATS_URL": nats_url,
        "SLUICE_INSTANCE": name,
        "SLUICE_ENGINE": "simulated",
        "SLUICE_SIM_STEP_MS": "1",
        "SLUICE_SIM_SLOTS": "8",
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inference", env={**os.environ, **told}
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def known(asker: Asker, name: str) -> None:
    """A conversation of its own goes there: the others have heard of it."""
    async with asyncio.timeout(20):
        for number in range(10_000):
            if whose(await turn(asker, f"probe{number}", 1)) == name:
                return


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_dead_workers_conversations_go_on_elsewhere_without_waiting(
    nats_url: str, how: signal.Signals
) -> None:
    async with (
        asking(nats_url) as asker,
        workers(nats_url, "1", "2", slots=64),
        process(nats_url, "9") as child,
    ):
        await known(asker, "9")
        first = await homes(asker, 24, 1)
        theirs = [chat for chat, home in first.items() if home == "9"]
        assert theirs
        child.send_signal(how)
        await asyncio.sleep(0.6)  # what it had asked of the queue itself, affinity or not, would lie with it
        took_s: list[float] = []
        for chat in theirs:
            began = time.monotonic()
            answered = await turn(asker, chat, 2)
            took_s.append(time.monotonic() - began)
            assert whose(answered) != "9"
        assert max(took_s) < 0.5


class Ghost:
    """Says that it is a worker, and takes what it is offered to another one; but its answer is never heard."""

    def __init__(self, bus: NatsBus, to: str) -> None:
        self._bus = bus
        self._to = to
        self.offers = 0

    async def haunt(self) -> None:
        await self._bus.client.subscribe(subjects.offers("ghost"), cb=self._offered)
        model = ServedModel("simulated", 8192)
        while True:
            await self._bus.publish(
                subjects.STATUS, WorkerStatus("ghost", "simulated", (model,), slots=100_000, running=0)
            )
            await asyncio.sleep(0.2)

    async def _offered(self, msg: Msg) -> None:
        self.offers += 1
        await self._bus.client.request(subjects.offers(self._to), msg.data, timeout=1)


async def test_a_job_that_was_taken_unheard_is_answered_once(nats_url: str) -> None:
    """The worker that offered it goes on as if it had been refused: two have it, and one can claim it."""
    async with asking(nats_url) as asker, workers(nats_url, "1", "2", slots=64) as apps:
        bus = await NatsBus.connect(nats_url, "ghost")
        ghost = Ghost(bus, "inference-2")
        haunting = asyncio.create_task(ghost.haunt())
        try:
            for number in range(8):
                await asyncio.sleep(0.3)  # it is asked again once it has been heard again
                assert len((await turn(asker, f"c{number}", 1)).ids) == 4
            assert ghost.offers >= 4
            async with asyncio.timeout(5):
                while await asker.waiting() or any(app.slots.running for app in apps.values()):
                    await asyncio.sleep(0.01)
        finally:
            haunting.cancel()
            await asyncio.gather(haunting, return_exceptions=True)
            await bus.close()
        ended = [event.request for event in await events_of(asker) if isinstance(event, ChatCompleted)]
        assert sorted(ended) == [f"c{number}-1" for number in range(8)]


@pytest.mark.parametrize("handle", ["$KV.LIVE.request.r1", "$JS.ACK.INFERENCE", ""])
async def test_an_offer_that_names_no_delivery_is_refused(nats_url: str, handle: str) -> None:
    async with asking(nats_url) as asker, workers(nats_url, "1"):
        job = asker.job("anything", request="r1")
        with pytest.raises(InvalidRequest):
            await asker.bus.request(subjects.offers("inference-1"), Offer(job, handle, {}), OfferReply)
        assert await asker.live("r1") is None
