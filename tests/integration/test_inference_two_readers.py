"""An answer that two receivers read loses its worker. They need not stand at the same token."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from services.inference.adapters.simulated import script
from shared import subjects
from shared.messages import ChatCancelled, ChatJob, Delta, LiveChat, LiveRequest, Sampling, Text
from shared.streams import Incoming
from tests.worker import Asker, abandoned, asking, events_of, gather, running_worker, settled

LONG = 4000
OWN_WORDS = (901, 902, 903, 904)
"""As another sampling would have it: no worker that goes on from less would say the same."""


class Pair(msgspec.Struct):
    """Of one answer of an asker that has seen less and a second one that has seen more; its worker is dead."""

    asker: Asker
    second: Asker
    job: ChatJob
    first_stream: Incoming
    second_stream: Incoming

    @property
    def shown(self) -> list[int]:
        return [*script.write(self.job, 0, 4).ids, *OWN_WORDS]


@asynccontextmanager
async def left_by_its_worker(nats_url: str, max_tokens: int = 16) -> AsyncGenerator[Pair]:
    async with asking(nats_url) as asker, asking(nats_url) as second:
        sampling = Sampling(max_tokens=max_tokens)
        job = asker.job("two readers", request="r1", chat="c1", sampling=sampling)
        inboxes = (asker.receiver.inbox, second.receiver.inbox)
        newest = msgspec.msgpack.encode(LiveChat("r1", resumed=True, inboxes=inboxes))
        await asker.bus.bucket(subjects.LIVE_BUCKET).put(subjects.live_chat("c1"), newest)
        live = LiveRequest(user="user", state="running", worker="dead", chat="c1")
        pair = Pair(asker, second, job, await abandoned(asker, job, live), second.receiver.open("r1"))
        saw(pair.first_stream, pair.shown[:4])
        saw(pair.second_stream, pair.shown)
        yield pair


def saw(incoming: Incoming, ids: list[int]) -> None:
    incoming.cursor.take(Delta(incoming.number, 1, 0, tuple(ids), (Text("x" * len(ids)),)))


async def test_the_next_worker_goes_on_after_what_the_furthest_has_seen(nats_url: str) -> None:
    async with left_by_its_worker(nats_url) as pair, running_worker(nats_url, sim_step_ms=5, ack_wait_s=1):
        both = (gather(pair.first_stream), gather(pair.second_stream))
        answers = await asyncio.wait_for(asyncio.gather(*both), 15)
        expected = [*pair.shown, *script.write(pair.job, 0, 16).ids[8:]]
        for answered in answers:
            assert answered.end.failure is None
            assert answered.ids == expected


async def test_the_asker_who_leaves_takes_nothing_from_one_that_the_new_worker_has_not_met(
    nats_url: str,
) -> None:
    async with (
        left_by_its_worker(nats_url, LONG) as pair,
        running_worker(nats_url, sim_step_ms=2, ack_wait_s=1) as app,
    ):
        while not app.engine.stats().running:
            await asyncio.sleep(0.005)
        await pair.asker.receiver.detach(pair.first_stream)
        known = pair.second_stream.known
        async with asyncio.timeout(10):
            while pair.second_stream.known < known + 200:
                await asyncio.sleep(0.01)
        assert app.engine.stats().running == 1
        await pair.second.receiver.detach(pair.second_stream)
        await settled(pair.asker, "r1")


async def test_what_its_readers_have_left_meanwhile_is_not_made_for_nobody(nats_url: str) -> None:
    """Their `Detach` reached the dead worker, or none."""
    async with left_by_its_worker(nats_url, LONG) as pair:
        pair.first_stream.close()
        pair.second_stream.close()
        async with running_worker(nats_url, sim_step_ms=2, ack_wait_s=1):
            await settled(pair.asker, "r1")
        (event,) = await events_of(pair.asker)
        assert isinstance(event, ChatCancelled)
