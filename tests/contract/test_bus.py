"""What the bus promises, asked of the one in memory and of a real nats-server alike."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import msgspec
import pytest

from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.broker.setup import ensure_stream
from shared.errors import QueueFull, TooLarge, Unavailable, Unprocessable
from shared.messages import (
    ChatCompleted,
    EmbedReply,
    EmbedRequest,
    HealthReply,
    HealthRequest,
    Message,
    Usage,
)
from tests.bus import Rig, collected, memory_rig, nats_rig
from tests.fakes.bus import MemoryBus


def event(request: str = "r1", model: str = "m") -> ChatCompleted:
    return ChatCompleted(request=request, user="u", model=model, answers=(), usage=Usage(), at=1.0)


class BusContract:
    """Each test runs on every bus: the subclasses below bring the `rig`."""

    # --- core ------------------------------------------------------------------------------------------

    async def test_listeners_hear_in_order_until_they_stop(self, rig: Rig) -> None:
        heard: list[bytes] = []

        async def hear(_: str, data: bytes) -> None:
            heard.append(data)

        stop = await rig.bus.listen("inference.status", hear)
        events = [event(str(i)) for i in range(50)]
        for each in events:
            await rig.bus.publish("inference.status", each)
        assert await collected(heard, 50) == [msgspec.msgpack.encode(each) for each in events]
        await stop()
        await rig.bus.publish("inference.status", event())
        await asyncio.sleep(0.05)
        assert len(heard) == 50

    async def test_wildcards_match_whole_tokens(self, rig: Rig) -> None:
        heard: list[str] = []

        async def hear(subject: str, _: bytes) -> None:
            heard.append(subject)

        await rig.bus.listen("tokens.*", hear)
        for subject in ("tokens.a", "tokens.a.b", "token.a", "tokens.b"):
            await rig.bus.publish(subject, event())
        async with asyncio.timeout(3):
            while len(heard) < 2:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        assert heard == ["tokens.a", "tokens.b"]

    async def test_a_request_gets_its_reply(self, rig: Rig) -> None:
        reply = await rig.bus.request(subjects.EMBED_QUERY, EmbedRequest(("one", "two")), EmbedReply)
        assert reply == EmbedReply("m", 1, (b"one", b"two"))

    async def test_an_error_of_the_peer_is_raised_as_itself(self, rig: Rig) -> None:
        with pytest.raises(Unprocessable, match="cannot be embedded") as caught:
            await rig.bus.request(subjects.EMBED_QUERY, EmbedRequest(("bad",)), EmbedReply)
        assert caught.value.param == "texts"

    async def test_nobody_there_is_said_at_once(self, rig: Rig) -> None:
        async with asyncio.timeout(1):
            with pytest.raises(Unavailable):
                await rig.bus.request("health.nobody.1", HealthRequest(), HealthReply)

    async def test_a_peer_that_does_not_answer_in_time_is_unavailable(self, rig: Rig) -> None:
        with pytest.raises(Unavailable):
            await rig.bus.request(subjects.EMBED_QUERY, EmbedRequest(("slow",)), EmbedReply, timeout_s=0.1)

    async def test_without_a_connection_everything_says_so_at_once(self, rig: Rig) -> None:
        rig.lose()
        await asyncio.sleep(0.05)
        assert not rig.bus.connected
        subject = await rig.subject()
        async with asyncio.timeout(2):
            for call in (
                rig.bus.publish(subject, event()),
                rig.bus.request(subjects.EMBED_QUERY, EmbedRequest(("one",)), EmbedReply),
                rig.bus.append(subject, event(), id="1"),
                rig.bus.bucket(subjects.LIVE_BUCKET).put("k", b""),
                rig.bus.blobs(subjects.DOCUMENTS_STORE).put("k", b""),
            ):
                with pytest.raises(Unavailable):
                    await call

    # --- streams ---------------------------------------------------------------------------------------

    async def test_a_message_is_stored_once_for_each_id(self, rig: Rig) -> None:
        subject, id = await rig.subject(), uuid.uuid4().hex
        first = await rig.bus.append(subject, event(), id=id)
        again = await rig.bus.append(subject, event(), id=id)
        assert (first.duplicate, again.duplicate) == (False, True)
        assert first.sequence == again.sequence
        consumer = await rig.bus.consume("INFERENCE", uuid.uuid4().hex, subject, ack_wait_s=30)
        assert len(await consumer.fetch(8, 0.2)) == 1

    async def test_a_pull_takes_no_more_than_asked_and_acked_messages_are_gone(self, rig: Rig) -> None:
        subject = await rig.subject()
        for i in range(5):
            await rig.bus.append(subject, event(str(i)), id=f"{subject}-{i}")
        consumer = await rig.bus.consume("INFERENCE", uuid.uuid4().hex, subject, ack_wait_s=30)
        first = await consumer.fetch(3, 0.5)
        assert [msgspec.msgpack.decode(d.data, type=ChatCompleted).request for d in first] == ["0", "1", "2"]
        assert {d.deliveries for d in first} == {1}
        for delivery in first:
            await delivery.ack()
        assert len(await consumer.fetch(8, 0.2)) == 2
        assert await consumer.fetch(8, 0.1) == []

    async def test_a_pull_without_a_time_takes_what_lies_there_and_waits_for_no_more(self, rig: Rig) -> None:
        subject = await rig.subject()
        consumer = await rig.bus.consume("INFERENCE", uuid.uuid4().hex, subject, ack_wait_s=30)
        async with asyncio.timeout(2):
            assert await consumer.fetch(8, 0.0) == []
            for i in range(5):
                await rig.bus.append(subject, event(str(i)), id=f"{subject}-{i}")
            for asked, wanted in ((1, ["0"]), (2, ["1", "2"]), (8, ["3", "4"]), (8, [])):
                found = await consumer.fetch(asked, 0.0)
                assert [msgspec.msgpack.decode(d.data, type=ChatCompleted).request for d in found] == wanted
                for delivery in found:
                    await delivery.ack()

    async def test_what_is_given_back_or_forgotten_comes_again(self, rig: Rig) -> None:
        subject = await rig.subject()
        await rig.bus.append(subject, event(), id=subject)
        consumer = await rig.bus.consume("INFERENCE", uuid.uuid4().hex, subject, ack_wait_s=0.5)
        (first,) = await consumer.fetch(1, 0.5)
        await first.nak()
        (second,) = await consumer.fetch(1, 0.5)
        assert (second.deliveries, second.sequence) == (2, first.sequence)
        await asyncio.sleep(0.3)
        await second.in_progress()
        assert await consumer.fetch(1, 0.3) == []
        (third,) = await consumer.fetch(1, 1.0)
        await third.term()
        assert await consumer.fetch(1, 0.7) == []

    async def test_a_waiting_message_can_be_deleted_and_a_deleted_one_acked(self, rig: Rig) -> None:
        subject = await rig.subject()
        stored = [await rig.bus.append(subject, event(), id=f"{subject}-{i}") for i in range(2)]
        consumer = await rig.bus.consume("INFERENCE", uuid.uuid4().hex, subject, ack_wait_s=30)
        (running,) = await consumer.fetch(1, 0.5)
        for each in stored:
            await rig.bus.delete("INFERENCE", each.sequence)
        await rig.bus.delete("INFERENCE", stored[0].sequence)
        assert await consumer.fetch(2, 0.1) == []
        await running.ack()

    async def test_a_message_that_is_gone_can_be_deleted_wherever_it_lay(self, rig: Rig) -> None:
        """First, last, or between two that are still there."""
        subject = await rig.subject()
        stored = [await rig.bus.append(subject, event(), id=f"{subject}-{i}") for i in range(3)]
        consumer = await rig.bus.consume("INFERENCE", uuid.uuid4().hex, subject, ack_wait_s=30)
        for delivery in await consumer.fetch(3, 0.5):
            if delivery.sequence == stored[1].sequence:
                await delivery.ack()
        for place in (1, 0, 0, 2, 2):
            await rig.bus.delete("INFERENCE", stored[place].sequence)

    async def test_a_message_over_the_bound_is_too_large_and_the_connection_lives(self, rig: Rig) -> None:
        subject = await rig.subject()
        with pytest.raises(TooLarge):
            await rig.bus.append(subject, event(model="x" * 7_600_000), id="large")
        assert not (await rig.bus.append(subject, event(), id=subject)).duplicate

    async def test_taps_get_all_of_a_subject_in_order_until_they_stop(self, rig: Rig) -> None:
        """A listener to the same subject hears them, too; and large ones come in more than one read."""
        tapped: list[bytes] = []
        heard: list[bytes] = []

        async def hear(_: str, data: bytes) -> None:
            heard.append(data)

        stop = await rig.bus.tap(subjects.tokens("tapped"), tapped.extend)
        await rig.bus.listen(subjects.tokens("tapped"), hear)
        texts = ["a", "x" * 600_000, "b", "y" * 300_000, "", "c"]
        for text in texts:
            await rig.bus.publish(subjects.tokens("tapped"), EmbedRequest((text,)))
        await collected(heard, len(texts))
        assert tapped == heard
        assert [msgspec.msgpack.decode(data, type=EmbedRequest).texts[0] for data in tapped] == texts
        await stop()
        await rig.bus.publish(subjects.tokens("tapped"), EmbedRequest(("late",)))
        await collected(heard, len(texts) + 1)
        assert len(tapped) == len(texts)


class TestMemoryBus(BusContract):
    @pytest.fixture
    def rig(self) -> Rig:
        return memory_rig()


class TestNatsBus(BusContract):
    @pytest.fixture
    async def rig(self, nats_url: str) -> AsyncIterator[Rig]:
        async with nats_rig(nats_url) as rig:
            yield rig


async def test_a_full_work_queue_refuses() -> None:
    bus = MemoryBus()
    subject = subjects.job("m", "batch", "test")
    for i in range(subjects.INFERENCE.max_messages):
        await bus.append(subject, event(), id=str(i))
    with pytest.raises(QueueFull):
        await bus.append(subject, event(), id="one too many")


async def test_nats_bounds(nats_url: str) -> None:
    """A real work queue that is full refuses, and says so as `QueueFull`."""
    bus = await NatsBus.connect(nats_url, "bounds")
    js = bus.client.jetstream()
    small = subjects.Stream(
        name="SMALL", subjects=("small.>",), work_queue=True, max_messages=1, max_age_s=600
    )
    await ensure_stream(js, small)
    await bus.append("small.a", event(), id="1")
    with pytest.raises(QueueFull):
        await bus.append("small.a", event(), id="2")
    await js.delete_stream("SMALL")
    await bus.close()


def test_every_message_has_a_name_of_its_own() -> None:
    tags = [kind.__struct_config__.tag for kind in Message.__subclasses__()]
    assert len(tags) == len(set(tags))


async def test_what_an_abandoned_pull_brings_is_the_next_ones(nats_url: str) -> None:
    subject, name = subjects.job(uuid.uuid4().hex, "interactive", "test"), uuid.uuid4().hex
    bus = await NatsBus.connect(nats_url, "puller")
    await ensure_bus(bus.client)
    consumer = await bus.consume("INFERENCE", name, subject, ack_wait_s=30)
    for i in range(3):
        await bus.append(subject, event(str(i)), id=f"{subject}-{i}")
    fetching = asyncio.create_task(consumer.fetch(2, 0.0))
    await asyncio.sleep(0)  # asked, and nothing has come yet
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)
    await asyncio.sleep(0.1)
    found = [*await consumer.fetch(2, 0.0), *await consumer.fetch(2, 0.0)]
    assert [delivery.deliveries for delivery in found] == [1, 1, 1]
    for delivery in found:
        await delivery.ack()
    await bus.close()


async def test_what_comes_when_its_pull_is_over_is_given_back_at_the_end(nats_url: str) -> None:
    """Otherwise a job that reaches a worker as it goes would wait for `ack_wait`."""
    subject, name = subjects.job(uuid.uuid4().hex, "interactive", "test"), uuid.uuid4().hex
    going, other = await NatsBus.connect(nats_url, "going"), await NatsBus.connect(nats_url, "other")
    await ensure_bus(going.client)
    consumer = await going.consume("INFERENCE", name, subject, ack_wait_s=30)
    fetching = asyncio.create_task(consumer.fetch(2, 5))
    await asyncio.sleep(0.1)
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)
    await other.append(subject, event(), id=subject)
    await asyncio.sleep(0.1)
    await going.close()
    (delivery,) = await (await other.consume("INFERENCE", name, subject, ack_wait_s=30)).fetch(1, 2)
    assert delivery.deliveries == 2
    await delivery.ack()
    await other.close()
